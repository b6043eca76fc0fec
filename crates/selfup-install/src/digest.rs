//! Digests of the new executable, and the hashing that compares them with the bytes.

use std::fmt;
use std::str::FromStr;

use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use crate::error::{Error, ErrorKind};
use crate::id::{Id, parse_hex, write_hex};

/// A digest that the new executable has to have.
///
/// It prints and parses as `sha256:` and hexadecimal digits, of either case, and likewise for `sha1:` and
/// `sha512:`. SHA-1 protects against accidents only.
///
/// # Examples
///
/// ```
/// let promised: selfup_install::Digest =
///     "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse()?;
/// assert!(promised.to_string().starts_with("sha256:ba78"));
/// # Ok::<(), selfup_install::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// 20 bytes of SHA-1.
    Sha1([u8; 20]),
    /// 32 bytes of SHA-256.
    Sha256([u8; 32]),
    /// 64 bytes of SHA-512.
    Sha512([u8; 64]),
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once(':').and_then(|(algorithm, digits)| match algorithm {
            "sha1" => parse_hex(digits).map(Self::Sha1),
            "sha256" => parse_hex(digits).map(Self::Sha256),
            "sha512" => parse_hex(digits).map(Self::Sha512),
            _ => None,
        });
        parsed.ok_or_else(|| {
            let text = text.escape_debug();
            Error::new(
                ErrorKind::Malformed,
                format!(
                    "could not take '{text}' for a digest: it must be sha1:, sha256: or sha512: \
                     and 40, 64 or 128 hexadecimal digits"
                ),
            )
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes): (_, &[u8]) = match self {
            Self::Sha1(bytes) => ("sha1:", bytes),
            Self::Sha256(bytes) => ("sha256:", bytes),
            Self::Sha512(bytes) => ("sha512:", bytes),
        };
        f.write_str(name)?;
        write_hex(f, bytes)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Hashes a stream for its id, and once more for each algorithm of the expected digests.
pub(crate) struct Hashes {
    sha1: Sha1,
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
}

impl Hashes {
    pub(crate) fn for_digests(digests: &[Digest]) -> Self {
        let promised = |is: fn(&Digest) -> bool| digests.iter().any(is);
        Self {
            sha1: Sha1::new(),
            sha256: promised(|digest| matches!(digest, Digest::Sha256(_))).then(Sha256::new),
            sha512: promised(|digest| matches!(digest, Digest::Sha512(_))).then(Sha512::new),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha1.update(bytes);
        if let Some(hash) = &mut self.sha256 {
            hash.update(bytes);
        }
        if let Some(hash) = &mut self.sha512 {
            hash.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> Hashed {
        let sha1: [u8; 20] = self.sha1.finalize().into();
        let mut found = vec![Digest::Sha1(sha1)];
        found.extend(self.sha256.map(|hash| Digest::Sha256(hash.finalize().into())));
        found.extend(self.sha512.map(|hash| Digest::Sha512(hash.finalize().into())));
        Hashed { id: Id::from_bytes(sha1), found }
    }
}

/// The hashes of a finished stream.
pub(crate) struct Hashed {
    pub(crate) id: Id,
    found: Vec<Digest>,
}

impl Hashed {
    /// Returns the first expected digest that differs, and the actual one.
    pub(crate) fn mismatch<'a>(
        &'a self,
        digests: &'a [Digest],
    ) -> Option<(&'a Digest, &'a Digest)> {
        digests.iter().find_map(|promised| {
            let same_algorithm = |found: &&Digest| {
                std::mem::discriminant(*found) == std::mem::discriminant(promised)
            };
            let found = self.found.iter().find(same_algorithm)?;
            (found != promised).then_some((promised, found))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const SHA512: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                          2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    const SHA1: &str = "sha1:a9993e364706816aba3e25717850c26c9cd0d89d";

    fn hashed(digests: &[Digest]) -> Hashed {
        let mut hashes = Hashes::for_digests(digests);
        hashes.update(b"a");
        hashes.update(b"bc");
        hashes.finish()
    }

    #[test]
    fn every_algorithm_is_compared() {
        for text in [SHA1, SHA256, SHA512] {
            let digest: Digest = text.parse().unwrap();
            assert_eq!(digest.to_string(), text);
            assert!(hashed(&[digest]).mismatch(&[digest]).is_none(), "{text}");
        }
    }

    #[test]
    fn one_mismatch_among_several_digests_is_found() {
        let wrong: Digest = SHA256.replace("ba78", "ba79").parse().unwrap();
        let digests = [SHA1.parse().unwrap(), wrong, SHA512.parse().unwrap()];
        let hashed = hashed(&digests);
        let (promised, found) = hashed.mismatch(&digests).unwrap();
        assert_eq!(*promised, wrong);
        assert_eq!(found.to_string(), SHA256);
    }

    #[test]
    fn text_that_is_no_digest_is_an_error() {
        let short = &SHA256[..SHA256.len() - 1];
        for text in ["", "sha256", "sha256:", short, &SHA1[5..], "md5:00", "sha256:é"] {
            assert_eq!(text.parse::<Digest>().unwrap_err().kind(), ErrorKind::Malformed, "{text}");
        }
    }
}
