//! An object's metadata, and the conditions by which a change of it is noticed.

use std::io::Read;

use aws_sdk_s3::{operation::head_object::HeadObjectOutput, types::ChecksumType};
use selfup_fetch::{Artifact, Compression, Error, ErrorKind, decompress};

use crate::{checksum::Checksum, settings::Source};

/// What is there at the moment, as the response to `HEAD` has it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) seen: Seen,
    pub(crate) size: u64,
    /// Of all its bytes, as they are stored; `None` where there is none.
    pub(crate) checksum: Option<Checksum>,
    /// Whether it says that it is compressed, whatever its name.
    pub(crate) is_coded: bool,
    /// The publisher's `x-amz-meta-version`.
    pub(crate) version: Option<String>,
}

/// What tells one state of the object from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Of a bucket that keeps versions.
    version_id: Option<String>,
    etag: Option<String>,
}

/// What a request says so that it brings the state that was seen, or nothing.
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

    /// How it is compressed, as its key's end or its metadata say.
    pub(crate) fn compression(&self, source: &Source) -> Compression {
        match Compression::of_name(&source.key) {
            Compression::None if self.is_coded => Compression::Gzip,
            compression => compression,
        }
    }

    /// Makes an artifact of the bytes: decompressed, if the key's end or the metadata say that they
    /// are compressed.
    ///
    /// Both say the same thing twice: S3 keeps the bytes as they are, so nobody compresses on the way.
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
            // "null" is the one version of an object whose bucket keeps none: it is overwritten.
            version_id: head.version_id().filter(|id| *id != "null").map(str::to_owned),
            etag: head.e_tag().map(str::to_owned),
        }
    }

    /// Whether a later poll that finds the same can take the object for unchanged.
    pub(crate) const fn is_provable(&self) -> bool {
        self.version_id.is_some() || self.etag.is_some()
    }

    /// Whether `now` is the same object as before.
    pub(crate) fn is_still(&self, now: &Self) -> bool {
        self.is_provable() && self == now
    }

    pub(crate) fn condition(&self, names_version: bool) -> Condition {
        let version_id = self.version_id.clone().filter(|_| names_version);
        Condition { version_id, etag: self.etag.clone() }
    }
}

impl Condition {
    /// Whether it says the same twice, so that the tag alone would do.
    pub(crate) const fn has_choice(&self) -> bool {
        self.version_id.is_some() && self.etag.is_some()
    }

    /// Whether it says anything.
    pub(crate) const fn is_certain(&self) -> bool {
        self.version_id.is_some() || self.etag.is_some()
    }
}

/// Whether a checksum is one of all the bytes. That of a multipart upload is of its parts'
/// checksums, unless it says otherwise; its tag shows that it was one.
fn is_of_the_whole(head: &HeadObjectOutput) -> bool {
    match head.checksum_type() {
        Some(kind) => *kind == ChecksumType::FullObject,
        None => !head.e_tag().is_some_and(|tag| tag.contains('-')),
    }
}

/// Whether the object's metadata call it compressed. S3 keeps the bytes as they are, and so never
/// compresses by itself.
fn is_coded(codings: &str) -> Result<bool, Error> {
    let mut coded = false;
    for coding in codings.split(',').map(str::trim) {
        match coding.to_ascii_lowercase().as_str() {
            // The SDKs' framing of an upload, which some servers keep.
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
