//! The metadata of an object, and the conditions that detect a change of it.

use std::io::Read;

use aws_sdk_s3::{operation::head_object::HeadObjectOutput, types::ChecksumType};
use selfup_fetch::{Artifact, Compression, Error, ErrorKind, decompress};

use crate::{checksum::Checksum, settings::Source};

/// The current object, as the response to `HEAD` describes it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) seen: Seen,
    pub(crate) size: u64,
    /// The checksum of all its bytes as stored, if there is one.
    pub(crate) checksum: Option<Checksum>,
    /// Whether the metadata declare it as compressed, whatever its name.
    pub(crate) is_coded: bool,
    /// The publisher's `x-amz-meta-version`.
    pub(crate) version: Option<String>,
}

/// A mark that differs between states of the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The version, in a bucket that keeps versions.
    version_id: Option<String>,
    etag: Option<String>,
}

/// The conditions of a request that returns the state that was seen, or nothing.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) version_id: Option<String>,
    pub(crate) etag: Option<String>,
}

impl Object {
    pub(crate) fn of(head: &HeadObjectOutput) -> Result<Self, Error> {
        let size = head.content_length().and_then(|length| u64::try_from(length).ok());
        let size = size.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the server does not say how long the object is")
        })?;
        Ok(Self {
            seen: Seen::of(head),
            size,
            checksum: is_of_the_whole(head).then(|| Checksum::of(head)).flatten(),
            is_coded: is_coded(head.content_encoding().unwrap_or_default())?,
            version: head.metadata().and_then(|own| own.get("version")).cloned(),
        })
    }

    /// The compression, by the end of the key or by the metadata.
    pub(crate) fn compression(&self, source: &Source) -> Compression {
        match Compression::of_name(&source.key) {
            Compression::None if self.is_coded => Compression::Gzip,
            compression => compression,
        }
    }

    /// Turns the bytes into an artifact, decompressed if the end of the key or the metadata declare
    /// them as compressed.
    ///
    /// Both mean the same compression: S3 keeps the bytes as they are, and never compresses on the way.
    pub(crate) fn artifact(
        self,
        body: impl Read + Send + 'static,
        source: &Source,
    ) -> Result<Artifact, Error> {
        let compression = self.compression(source);
        let mut artifact = if compression == Compression::None {
            let plain = Artifact::new(body).size(self.size);
            match self.checksum.and_then(|checksum| checksum.digest()) {
                Some(digest) => plain.digest(digest),
                None => plain,
            }
        } else {
            Artifact::new(decompress(body, compression)?.named(source.place()))
        };
        artifact.version = self.version;
        Ok(artifact.file_name(source.file_name()))
    }
}

impl Seen {
    fn of(head: &HeadObjectOutput) -> Self {
        Self {
            // In a bucket without versions, "null" is the only one, and is overwritten.
            version_id: head.version_id().filter(|id| *id != "null").map(str::to_owned),
            etag: head.e_tag().map(str::to_owned),
        }
    }

    /// Whether an equal mark in a later poll proves that the object is unchanged.
    pub(crate) const fn is_provable(&self) -> bool {
        self.version_id.is_some() || self.etag.is_some()
    }

    /// Whether `now` is the same state of the object.
    pub(crate) fn is_still(&self, now: &Self) -> bool {
        self.is_provable() && self == now
    }

    pub(crate) fn condition(&self, names_version: bool) -> Condition {
        let version_id = self.version_id.clone().filter(|_| names_version);
        Condition { version_id, etag: self.etag.clone() }
    }
}

impl Condition {
    /// Whether it has two conditions, so that the tag alone is enough.
    pub(crate) const fn has_choice(&self) -> bool {
        self.version_id.is_some() && self.etag.is_some()
    }

    /// Whether there is any condition.
    pub(crate) const fn is_certain(&self) -> bool {
        self.version_id.is_some() || self.etag.is_some()
    }
}

/// Whether a checksum covers all the bytes. The checksum of a multipart upload, which the tag shows, is
/// one of the checksums of its parts, unless the response declares otherwise.
fn is_of_the_whole(head: &HeadObjectOutput) -> bool {
    match head.checksum_type() {
        Some(kind) => *kind == ChecksumType::FullObject,
        None => !head.e_tag().is_some_and(|tag| tag.contains('-')),
    }
}

/// Whether the metadata declare the object as compressed. S3 keeps the bytes as they are, and never
/// compresses by itself.
fn is_coded(codings: &str) -> Result<bool, Error> {
    let mut coded = false;
    for coding in codings.split(',').map(str::trim) {
        match coding.to_ascii_lowercase().as_str() {
            // The framing of an upload by the SDKs, which some servers keep.
            "" | "identity" | "aws-chunked" => {}
            "gzip" | "x-gzip" if !coded => coded = true,
            _ => {
                let reason = format!(
                    "its content encoding is {coding:?}, which is not known here; publish it as \
                     .gz, or as it is"
                );
                return Err(Error::new(ErrorKind::Protocol, reason).permanent());
            }
        }
    }
    Ok(coded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> aws_sdk_s3::operation::head_object::builders::HeadObjectOutputBuilder {
        HeadObjectOutput::builder().content_length(3).e_tag("\"1\"")
    }

    fn object(
        head: aws_sdk_s3::operation::head_object::builders::HeadObjectOutputBuilder,
    ) -> Object {
        Object::of(&head.build()).unwrap()
    }

    #[test]
    fn it_is_the_same_by_version_and_tag() {
        let then = object(head()).seen;
        assert!(then.is_still(&object(head()).seen));
        assert!(!then.is_still(&object(head().e_tag("\"2\"")).seen));
        assert!(!then.is_still(&object(head().version_id("7")).seen));
        assert!(then.is_still(&object(head().version_id("null")).seen));
        let bare = object(HeadObjectOutput::builder().content_length(3)).seen;
        assert!(!bare.is_still(&bare), "nothing proves it");
    }

    #[test]
    fn a_checksum_of_checksums_is_none() {
        let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        let single = head().checksum_sha256(sum);
        assert!(object(single.clone()).checksum.is_some());
        assert!(object(single.clone().checksum_type(ChecksumType::FullObject)).checksum.is_some());
        assert!(object(single.checksum_type(ChecksumType::Composite)).checksum.is_none());
        let untold = head().checksum_sha256(sum).e_tag("\"1-2\"");
        assert!(object(untold.clone()).checksum.is_none());
        assert!(object(untold.checksum_type(ChecksumType::FullObject)).checksum.is_some());
        let parts = head().checksum_sha256(format!("{sum}-2"));
        assert!(object(parts).checksum.is_none());
    }

    #[test]
    fn codings_are_read() {
        for (codings, coded) in
            [("", false), ("aws-chunked", false), ("gzip", true), ("aws-chunked, GZIP", true)]
        {
            assert_eq!(is_coded(codings).unwrap(), coded, "{codings}");
        }
        for codings in ["br", "gzip, gzip"] {
            assert_eq!(is_coded(codings).unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
