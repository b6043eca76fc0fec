//! Why something failed: a line for people, with the number that the system gave.

use std::{error, fmt, io};

use nix::errno::Errno;

use crate::error::Chain;

/// Why something failed, in one line for people, with the number that the system gave, if it was the system.
///
/// # Examples
///
/// ```
/// # fn look(event: &selfup_master::Event) {
/// if let selfup_master::Event::SpawnFailed { reason, .. } = event
///     && let Some(number) = reason.os_error()
/// {
///     eprintln!("no child: {}", std::io::Error::from_raw_os_error(number));
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    text: String,
    os_error: Option<i32>,
}

impl Reason {
    /// The error with its causes.
    pub(crate) fn of(error: &(dyn error::Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        Self { text: Chain(error).to_string(), os_error: causes.into_iter().find_map(number_of) }
    }

    /// Returns the line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the error number of the system (`errno`), if a call of the system has failed.
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        self.os_error
    }

    /// The same with other words.
    pub(crate) fn map(self, words: impl FnOnce(String) -> String) -> Self {
        Self { text: words(self.text), ..self }
    }
}

fn number_of(error: &(dyn error::Error + 'static)) -> Option<i32> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.raw_os_error();
    }
    error.downcast_ref::<Errno>().map(|errno| *errno as i32)
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self { text, os_error: None }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    #[test]
    fn the_number_is_found_behind_other_errors() {
        let full = io::Error::from_raw_os_error(libc::ENOSPC);
        let reason = Reason::of(&Error::new(ErrorKind::NoSpace, "could not write").because(full));
        assert_eq!(reason.os_error(), Some(libc::ENOSPC));
        assert!(reason.to_string().starts_with("could not write: "), "{reason}");
        let errno = Error::new(ErrorKind::Master, "could not wait").because(Errno::EINTR);
        assert_eq!(Reason::of(&errno).os_error(), Some(libc::EINTR));
        assert_eq!(Reason::of(&io::Error::other("by itself")).os_error(), None);
    }
}
