//! The type [`PublicKey`]: a key whose signatures are trusted.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{Signature, StreamVerifier};

use super::key_id::KeyId;
use crate::error::{Error, ErrorKind};

/// The length in bytes: algorithm, key id and key.
const LENGTH: usize = 2 + 8 + 32;

/// A public key of minisign, whose signatures are trusted.
///
/// It parses from the line that begins with `RW`, or from the whole content of a `.pub` file.
///
/// # Examples
///
/// ```
/// let key: selfup_install::PublicKey =
///     "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".parse()?;
/// assert_eq!(key.to_string(), "E7620F1842B4E81F");
/// # Ok::<(), selfup_install::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: minisign_verify::PublicKey,
    id: KeyId,
}

impl PublicKey {
    pub(super) const fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn verifier<'a>(&'a self, signature: &'a Signature) -> Option<StreamVerifier<'a>> {
        self.key.verify_stream(signature).ok()
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    /// The error does not quote the text, which may be a secret key by mistake.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let text = format!(
                "could not take a text of {} characters for a public key of minisign: {why}",
                text.chars().count()
            );
            Error::new(ErrorKind::Malformed, text)
        };
        let mut lines = text.trim().lines().map(str::trim);
        let mut line = lines.next().unwrap_or_default();
        if line.starts_with("untrusted comment:") {
            line = lines.next().unwrap_or_default();
        }
        if lines.next().is_some() {
            return Err(refuse("it has more lines than a .pub file"));
        }
        let form = "it must be the line of 56 characters that begins with RW, or the content of a \
                    .pub file";
        let bytes = BASE64_STANDARD.decode(line).map_err(|_| refuse(form))?;
        if bytes.len() > LENGTH && bytes.starts_with(b"Ed") {
            return Err(refuse("it may be the secret key; keep that, and give the public one"));
        }
        let id = bytes.get(2..10).and_then(|bytes| bytes.try_into().ok());
        let id = KeyId(id.ok_or_else(|| refuse(form))?);
        let key = minisign_verify::PublicKey::from_base64(line).map_err(|_| refuse(form))?;
        Ok(Self { key, id })
    }
}

/// Prints the key's id, as minisign shows it.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn the_line_and_the_file_are_the_same_key() {
        let key: PublicKey = LINE.parse().unwrap();
        for text in [
            format!("{LINE}\n"),
            format!("  {LINE} \r\n"),
            format!("untrusted comment: minisign public key E7620F1842B4E81F\n{LINE}\n"),
            format!("untrusted comment: x\r\n{LINE}\r\n"),
        ] {
            assert_eq!(text.parse::<PublicKey>().unwrap(), key, "{text}");
        }
        assert_eq!(key.to_string(), "E7620F1842B4E81F");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let changed = LINE.replace("RWQf", "RXQf");
        let secret = format!("RWRTY0Iy{}", "abcd".repeat(51));
        for (text, words) in [
            ("", "must be the line"),
            ("RW", "must be the line"),
            (&LINE[..55], "must be the line"),
            (&LINE[1..], "must be the line"),
            (&changed, "must be the line"),
            ("untrusted comment: x", "must be the line"),
            (&format!("{LINE}\n{LINE}"), "more lines"),
            (&secret, "secret key"),
        ] {
            let error = text.parse::<PublicKey>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
            let shown = error.to_string();
            assert!(shown.contains(words) && !shown.contains("abcdabcd"), "{shown}");
        }
    }
}
