//! The token that requests carry, if any.

use http::HeaderValue;

/// The value of `Authorization`, if there is a token: the configured one, or else the one of the
/// environment, if the settings allow that.
pub(crate) fn header(
    set: Option<&str>,
    from_env: bool,
) -> Result<Option<HeaderValue>, &'static str> {
    let token = match set {
        Some(token) if token.trim().is_empty() => return Err("the token is empty"),
        Some(token) => Some(token.to_owned()),
        None if from_env => of_environment(),
        None => None,
    };
    let Some(token) = token else { return Ok(None) };
    let token = token.trim();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token has characters that no token has");
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "the token has characters that no header may have")?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[expect(clippy::disallowed_methods, reason = "token_from_env asks for this variable")]
fn of_environment() -> Option<String> {
    std::env::var("GITHUB_TOKEN").ok().filter(|token| !token.trim().is_empty())
}
