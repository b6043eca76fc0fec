//! Names that can be passed in `LISTEN_FDNAMES`.

use crate::error::{Error, ErrorKind, Result};

/// The longest name that systemd accepts, in bytes (`FDNAME_MAX`).
const LONGEST: usize = 255;

/// A valid name of an fd.
///
/// The rule is systemd's: printable ASCII without `:`, which separates names in `LISTEN_FDNAMES`, and at most 255
/// bytes. Unlike there, an empty name is refused, because the fd could not be requested by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refused = |why: &str| {
            Err(Error::new(ErrorKind::InvalidName, format!("could not name an fd {text:?}: {why}")))
        };
        if text.is_empty() {
            return refused("a name has at least one character");
        }
        if text.len() > LONGEST {
            return refused(&format!(
                "it has {} bytes, and names have at most {LONGEST}",
                text.len()
            ));
        }
        if text.contains(':') {
            return refused("`:` separates the names in LISTEN_FDNAMES");
        }
        if !text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
            return refused("names are of printable ASCII characters");
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_systemd_takes() {
        for good in ["http", "my app.socket", "a", "~!@#", "x".repeat(255).as_str()] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn refuses_what_would_not_arrive() {
        for bad in ["", "a:b", "a\n", "\u{7f}", "naïve", "x".repeat(256).as_str()] {
            let error = Name::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidName, "{bad:?}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
