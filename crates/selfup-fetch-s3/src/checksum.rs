//! Verifies the checksums that S3 keeps of an object.

use std::fmt;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_smithy_checksums::{ChecksumAlgorithm, http::HttpChecksum};
use base64::{Engine, engine::general_purpose::STANDARD};
use selfup_fetch::{Algorithm, Digest, Error, ErrorKind};

/// The checksum that S3 reports for all the bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum {
    algorithm: ChecksumAlgorithm,
    value: Vec<u8>,
}

/// Computes a [`Checksum`] while the bytes are read.
pub(crate) struct Verifier {
    sum: Box<dyn HttpChecksum>,
    promised: Checksum,
}

impl Checksum {
    /// The strongest checksum of an object.
    ///
    /// A value of another length than the algorithm has, such as the `…-3` of an object in parts, is
    /// ignored.
    pub(crate) fn of(head: &HeadObjectOutput) -> Option<Self> {
        [
            (ChecksumAlgorithm::Sha256, head.checksum_sha256()),
            (ChecksumAlgorithm::Sha1, head.checksum_sha1()),
            (ChecksumAlgorithm::Crc64Nvme, head.checksum_crc64_nvme()),
            (ChecksumAlgorithm::Crc32c, head.checksum_crc32_c()),
            (ChecksumAlgorithm::Crc32, head.checksum_crc32()),
        ]
        .into_iter()
        .find_map(|(algorithm, text)| {
            let value = STANDARD.decode(text?).ok()?;
            (value.len() == length(algorithm)).then_some(Self { algorithm, value })
        })
    }

    pub(crate) fn verifier(self) -> Verifier {
        Verifier { sum: self.algorithm.into_impl(), promised: self }
    }

    /// Returns it as a digest, if it is strong enough to be one.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let algorithm = match self.algorithm {
            ChecksumAlgorithm::Sha256 => Algorithm::Sha256,
            ChecksumAlgorithm::Sha1 => Algorithm::Sha1,
            _ => return None,
        };
        Digest::new(algorithm, &self.value).ok()
    }
}

impl Verifier {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
    }

    /// Checks whether the bytes have the announced checksum.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.sum.finalize() == self.promised.value {
            return Ok(());
        }
        let reason = format!(
            "the bytes do not match the object's {} checksum; they were damaged on the way",
            self.promised.algorithm.as_str()
        );
        Err(Error::new(ErrorKind::Corrupt, reason))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.promised.fmt(f)
    }
}

const fn length(algorithm: ChecksumAlgorithm) -> usize {
    match algorithm {
        ChecksumAlgorithm::Sha256 => 32,
        ChecksumAlgorithm::Sha1 => 20,
        ChecksumAlgorithm::Crc64Nvme => 8,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of "123456789".
    #[test]
    fn known_sums_are_verified() {
        let text = |hex: &str| {
            let bytes: Vec<u8> = (0..hex.len() / 2)
                .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            STANDARD.encode(bytes)
        };
        let head = HeadObjectOutput::builder;
        for (head, digest) in [
            (head().checksum_crc32(text("cbf43926")), false),
            (head().checksum_crc32_c(text("e3069283")), false),
            (head().checksum_crc64_nvme(text("ae8b14860a799888")), false),
            (head().checksum_sha1(text("f7c3bc1d808e04732adf679965ccc34ca7ae3441")), true),
            (
                head().checksum_sha256(text(
                    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
                )),
                true,
            ),
        ] {
            let checksum = Checksum::of(&head.build()).unwrap();
            assert_eq!(checksum.digest().is_some(), digest, "{checksum:?}");
            let mut verifier = checksum.clone().verifier();
            verifier.update(b"12345");
            verifier.update(b"6789");
            verifier.finish().unwrap();
            let mut verifier = checksum.verifier();
            verifier.update(b"12345678");
            assert_eq!(verifier.finish().unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn what_is_no_sum_is_none() {
        for text in ["", "%%", "AAAA", "AAAAAA==-2"] {
            let head = HeadObjectOutput::builder().checksum_crc32(text).build();
            assert_eq!(Checksum::of(&head), None, "{text}");
        }
    }
}
