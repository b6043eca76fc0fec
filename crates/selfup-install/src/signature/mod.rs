//! Verifies signatures in the format of minisign.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::StreamVerifier;

use crate::error::{Error, ErrorKind, Result};
use crate::expected::Expected;
use crate::target::Target;

mod comment;
pub(crate) mod key;
mod key_id;

pub(crate) use comment::Comment;
pub use key::PublicKey;
use key_id::KeyId;

/// The longest text in bytes that is parsed. A signature has some 300 bytes.
const LONGEST: usize = 8 << 10;

/// The length in bytes: algorithm, key id and the signature itself.
const LENGTH: usize = 2 + 8 + 64;

/// A signature by a trusted key, not verified yet.
#[derive(Debug)]
pub(crate) struct Signature {
    parsed: Parsed,
    /// The trusted keys with the id in the signature. Usually there is one.
    keys: Vec<PublicKey>,
}

impl Signature {
    /// Returns the signature to verify. Without trusted keys none is required, and one that is there is
    /// ignored.
    pub(crate) fn expected(expected: &Expected, target: &Target) -> Result<Option<Self>> {
        if expected.keys.is_empty() {
            return Ok(None);
        }
        let refuse = |kind, why: &str| {
            let name = target.path().display();
            Error::new(kind, format!("could not take what is offered for {name}: {why}"))
        };
        let Some(text) = &expected.signature else {
            let why = "no signature came with it, and keys are trusted";
            return Err(refuse(ErrorKind::SignatureMissing, why).advise(
                "sign the executable, uncompressed, with minisign -S, and publish NAME.minisig \
                 beside it, where NAME is that of the file or archive without .gz, .tar.gz or .zip; a \
                 signature of the archive itself will not do",
            ));
        };
        let parsed =
            Parsed::from_text(text).map_err(|why| refuse(ErrorKind::SignatureMalformed, why))?;
        let id = parsed.key;
        let mut keys: Vec<PublicKey> = Vec::new();
        for key in expected.keys.iter().filter(|key| key.id() == id) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        if keys.is_empty() {
            let trusted: Vec<String> =
                expected.keys.iter().map(|key| key.id().to_string()).collect();
            let trusted = trusted.join(" and ");
            let why = format!("it is signed by the key {id}, trusted is {trusted}");
            return Err(refuse(ErrorKind::SignatureUntrusted, &why)
                .advise("sign it with a trusted key, or trust that one"));
        }
        Ok(Some(Self { parsed, keys }))
    }

    /// Returns the version in its trusted comment, which has not been verified yet.
    pub(crate) fn unverified_version(&self) -> Option<&str> {
        let words = Comment::words(self.parsed.signature.trusted_comment());
        words.into_iter().find_map(|word| word.strip_prefix("version:"))
    }

    pub(crate) fn verifier(&self) -> Verifier<'_> {
        let streams = self.keys.iter().filter_map(|key| key.verifier(&self.parsed.signature));
        Verifier { streams: streams.collect(), signature: self }
    }
}

/// Verifies bytes as they arrive.
pub(crate) struct Verifier<'a> {
    streams: Vec<StreamVerifier<'a>>,
    signature: &'a Signature,
}

impl Verifier<'_> {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for stream in &mut self.streams {
            stream.update(bytes);
        }
    }

    /// Checks the signature, and returns the trusted comment, which is verified with it.
    pub(crate) fn finish(mut self, target: &Target) -> Result<Comment> {
        let name = target.path().display();
        let parsed = &self.signature.parsed;
        if !self.streams.iter_mut().any(|stream| stream.finalize().is_ok()) {
            let text = format!(
                "could not take what came for {name}: the signature by the key {} is not one of these \
                 bytes; they, or it, were changed, or something else was signed, such as the \
                 compressed file",
                parsed.key
            );
            return Err(Error::new(ErrorKind::SignatureInvalid, text));
        }
        // From here on, the comment is as trustworthy as the signer.
        Comment::parse(parsed.signature.trusted_comment()).map_err(|why| {
            let text = format!("could not take what came for {name}: the trusted comment {why}");
            Error::new(ErrorKind::SignatureMalformed, text)
        })
    }
}

/// A parsed signature.
struct Parsed {
    signature: minisign_verify::Signature,
    key: KeyId,
}

impl Parsed {
    fn from_text(text: &str) -> std::result::Result<Self, &'static str> {
        const NONE: &str = "what came as its signature is none: it must be the four lines that \
                            minisign -S writes";
        const LEGACY: &str = "its signature is of the legacy form, which needs the whole file in \
                              memory; sign it with minisign -S -H, or with minisign 0.10 or later";
        const GARBLED: &str = "its signature is garbled; copy the .minisig file as it is";
        if text.len() > LONGEST || !text.starts_with("untrusted comment:") {
            return Err(NONE);
        }
        let line = text.lines().nth(1).ok_or(GARBLED)?;
        let bytes = BASE64_STANDARD.decode(line).map_err(|_| GARBLED)?;
        if bytes.len() == LENGTH && bytes.starts_with(b"Ed") {
            return Err(LEGACY);
        }
        let key = bytes.get(2..10).and_then(|bytes| bytes.try_into().ok()).ok_or(GARBLED)?;
        let signature = minisign_verify::Signature::decode(text).map_err(|_| GARBLED)?;
        Ok(Self { signature, key: KeyId(key) })
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("key", &self.key).finish_non_exhaustive()
    }
}

/// For the property test and the fuzz target.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_anything(text: &str) {
    drop(Parsed::from_text(text).map(|parsed| parsed.signature));
    drop(text.parse::<PublicKey>());
    drop(Comment::parse(text));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), lines in prop::collection::vec("[A-Za-z0-9+/=: ]{0,110}", 0..6)) {
            read_anything(&text);
            read_anything(&format!("untrusted comment:\n{}", lines.join("\n")));
        }
    }
}
