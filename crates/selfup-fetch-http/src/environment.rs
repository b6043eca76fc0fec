//! The only place where environment variables are read.

/// What a variable of the environment says, if it is text.
#[expect(clippy::disallowed_methods, reason = "proxies are said by the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
