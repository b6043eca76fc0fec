//! The type [`Digest`], as servers write it: algorithm, colon, hexadecimal digits.

use std::{fmt, str::FromStr};

use crate::error::{Error, ErrorKind};

/// A digest with its algorithm.
///
/// It prints as the algorithm, a colon and hexadecimal digits (`sha256:9f86d0…`), as in GitHub's API and in OCI
/// manifests. Digits parse in either case and print in lower case.
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Algorithm, Digest};
///
/// let digest: Digest = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse()?;
/// assert_eq!(digest.algorithm(), Algorithm::Sha1);
/// assert_eq!(digest.as_bytes().len(), 20);
/// # Ok::<(), selfup_fetch::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: Box<[u8]>,
}

/// The algorithm of a [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-1. It distinguishes files, but does not protect against deliberate changes.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// Creates a digest from an algorithm and its bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`] if the number of bytes is not that of the algorithm.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() == algorithm.len() {
            return Ok(Self { algorithm, bytes: bytes.into() });
        }
        let reason = format!(
            "a {algorithm} digest has {} bytes, and this one has {}",
            algorithm.len(),
            bytes.len()
        );
        Err(Error::new(ErrorKind::Protocol, reason))
    }

    /// Creates a digest from the output of the algorithm.
    pub(crate) fn whole(algorithm: Algorithm, bytes: &[u8]) -> Self {
        Self { algorithm, bytes: bytes.into() }
    }

    /// Returns the algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the bytes of the digest: 20, 32 or 64, depending on the algorithm.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = |what: &str| {
            let reason = format!("the digest {text:?} {what}; it should read like sha256:9f86d0…");
            Error::new(ErrorKind::Protocol, reason)
        };
        let (name, digits) =
            text.split_once(':').ok_or_else(|| malformed("does not name its algorithm"))?;
        let algorithm = Algorithm::named(name)
            .ok_or_else(|| malformed("is neither sha1, sha256 nor sha512"))?;
        let bytes =
            unhex(digits.as_bytes()).ok_or_else(|| malformed("is not in hexadecimal pairs"))?;
        Self::new(algorithm, &bytes)
    }
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm)?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|a| a.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_bytes_agree(bytes in prop::collection::vec(any::<u8>(), 32)) {
            let digest = Digest::new(Algorithm::Sha256, &bytes).unwrap();
            prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest.clone());
            let (name, digits) = { let t = digest.to_string(); let (a, b) = t.split_once(':').unwrap(); (a.to_owned(), b.to_uppercase()) };
            prop_assert_eq!(format!("{name}:{digits}").parse::<Digest>().unwrap(), digest);
        }

        #[test]
        fn no_text_panics(text in "(sha(1|256|512):)?\\PC*") {
            drop(text.parse::<Digest>());
        }
    }

    #[test]
    fn what_is_no_digest_is_named() {
        for (text, word) in [
            ("9f86d0", "algorithm"),
            ("md5:00", "neither"),
            ("sha256:9f8", "pairs"),
            ("sha256:zz", "pairs"),
            ("sha1:9f86d0", "20 bytes"),
            ("sha1:+f+f+f+f", "pairs"),
        ] {
            let error = text.parse::<Digest>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
