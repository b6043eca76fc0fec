use std::{
    fmt,
    io::{self, Read},
};

use flate2::read::MultiGzDecoder;

use crate::{Error, ErrorKind};

/// Decompresses gzip while it is read (RFC 1952), with every member in the stream.
///
/// The end is an end only when the last member's checksum and length are right and the input is
/// at its end. An input that stops before that, even an empty one, is
/// [`ErrorKind::Truncated`]; anything that is no gzip, or follows it, is [`ErrorKind::Corrupt`].
/// Errors of the input itself pass through unchanged.
///
/// More than 16 MiB must not come out at more than 200 times the size of what went in, or it is
/// [`ErrorKind::TooLarge`]. Executables shrink to a third or so, and debug builds to a tenth;
/// gzip can give 1032 times. A cap on the size as such belongs to whoever stores the bytes.
///
/// Memory: about 80 KiB, whatever the size.
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Error, ErrorKind, gunzip};
///
/// let page = b"<html>please log in</html>";
/// let error = std::io::copy(&mut gunzip(page.as_slice()), &mut std::io::sink()).unwrap_err();
/// assert_eq!(Error::from(error).kind(), ErrorKind::Corrupt);
/// ```
pub fn gunzip<R: Read>(reader: R) -> Gunzip<R> {
    Gunzip {
        decoder: MultiGzDecoder::new(Counted { reader, bytes: 0 }),
        out: 0,
        place: None,
        failed: None,
    }
}

/// The reader made by [`gunzip`].
#[must_use]
pub struct Gunzip<R> {
    decoder: MultiGzDecoder<Counted<R>>,
    out: u64,
    place: Option<String>,
    failed: Option<(ErrorKind, &'static str)>,
}

const FREE: u64 = 16 << 20;
const RATIO: u64 = 200;

impl<R> Gunzip<R> {
    /// Names the source in the errors.
    pub fn named(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Keeps what was wrong, so that reading on after an error never looks like an end.
    fn fail(&mut self, kind: ErrorKind, reason: &'static str) -> Error {
        self.failed = Some((kind, reason));
        let error = Error::new(kind, reason);
        match &self.place {
            Some(place) => error.at(place),
            None => error,
        }
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if let Some((kind, reason)) = self.failed {
            return Err(self.fail(kind, reason).into());
        }
        match self.decoder.read(buf) {
            Ok(n) => {
                self.out += n as u64;
                if self.out > FREE && self.out / RATIO > self.decoder.get_ref().bytes {
                    let reason = "the gzip stream grows to over 200 times its size; if it is \
                                  meant to, publish it uncompressed";
                    return Err(self.fail(ErrorKind::TooLarge, reason).into());
                }
                Ok(n)
            }
            Err(error) => match (error.get_ref().is_some_and(|e| e.is::<Error>()), error.kind()) {
                (false, io::ErrorKind::UnexpectedEof) => Err(self
                    .fail(ErrorKind::Truncated, "the gzip stream ends before it is complete")
                    .with_source(error)
                    .into()),
                (false, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => Err(self
                    .fail(ErrorKind::Corrupt, "it is not a sound gzip stream")
                    .with_source(error)
                    .into()),
                _ => Err(error),
            },
        }
    }
}

impl<R> fmt::Debug for Gunzip<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip")
            .field("read", &self.decoder.get_ref().bytes)
            .field("out", &self.out)
            .finish_non_exhaustive()
    }
}

/// Counts what goes in.
struct Counted<R> {
    reader: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(reader: impl Read) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        gunzip(reader).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Gives its bytes in pieces of `step`.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(buf.len()).min(self.0.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    proptest! {
        #[test]
        fn members_come_out_as_they_went_in(
            members in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..4),
            step in 1_usize..400,
        ) {
            let packed: Vec<u8> = members.iter().flat_map(|member| gzip(member)).collect();
            prop_assert_eq!(read_all(Trickle(&packed, step)).unwrap(), members.concat());
        }

        #[test]
        fn every_cut_is_noticed(
            bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(),
        ) {
            let packed = gzip(&bytes);
            let cut = &packed[..at.index(packed.len())];
            prop_assert_eq!(read_all(cut).unwrap_err().kind(), ErrorKind::Truncated);
        }

        #[test]
        fn a_flipped_bit_never_gives_other_bytes(
            bytes in prop::collection::vec(any::<u8>(), 1..300),
            at in any::<prop::sample::Index>(), bit in 0..8_u8,
        ) {
            let mut packed = gzip(&bytes);
            let at = at.index(packed.len());
            packed[at] ^= 1_u8 << bit;
            // Bits of the header (time, system, hints) may flip without harm to the content.
            if let Ok(out) = read_all(packed.as_slice()) {
                prop_assert_eq!(out, bytes);
            }
        }

        #[test]
        fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(read_all([&[0x1f, 0x8b, 8, 0], bytes.as_slice()].concat().as_slice()));
        }
    }

    #[test]
    fn every_cut_between_members_but_the_seam_is_noticed() {
        let packed = [gzip(b"one"), gzip(b"two")].concat();
        let seam = gzip(b"one").len();
        for at in 0..packed.len() {
            match read_all(&packed[..at]) {
                Ok(bytes) => assert_eq!((at, bytes.as_slice()), (seam, b"one".as_slice())),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Truncated, "at {at}"),
            }
        }
    }

    #[test]
    fn what_is_no_gzip_is_corrupt() {
        for bytes in [b"<html>captive portal</html>".as_slice(), b"\x7fELF\x02\x01\x01\0\0\0\0\0"] {
            assert_eq!(read_all(bytes).unwrap_err().kind(), ErrorKind::Corrupt);
        }
        let trailing = [gzip(b"app"), b"garbage that follows".to_vec()].concat();
        assert_eq!(read_all(trailing.as_slice()).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = gzip(&vec![0; 40 << 20]);
        let mut reader = gunzip(zeros.as_slice());
        let error = Error::from(io::copy(&mut reader, &mut io::sink()).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(!error.is_transient());
        assert!(reader.out <= FREE + (64 << 10), "{}", reader.out);
    }

    #[test]
    fn an_error_stays_an_error() {
        let packed = gzip(&[7; 1000]);
        let mut reader = gunzip(&packed[..packed.len() - 4]).named("there");
        let mut out = Vec::new();
        for _ in 0..2 {
            let error = Error::from(reader.read_to_end(&mut out).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Truncated);
            assert!(error.to_string().starts_with("cannot fetch there: "), "{error}");
        }
    }

    #[test]
    fn a_wrong_checksum_stays_wrong() {
        let mut packed = gzip(&[7; 1000]);
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        let mut reader = gunzip(packed.as_slice());
        for _ in 0..2 {
            let error = Error::from(reader.read_to_end(&mut Vec::new()).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn errors_of_the_input_pass_through() {
        struct Broken(ErrorKind);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(Error::new(self.0, "the line broke").at("there").into())
            }
        }
        let packed = gzip(&[7; 1000]);
        for kind in [ErrorKind::Stalled, ErrorKind::Truncated, ErrorKind::Protocol] {
            for at in [0, 4, packed.len() / 2, packed.len() - 1] {
                let error = read_all(packed[..at].chain(Broken(kind))).unwrap_err();
                assert_eq!(error.kind(), kind);
                assert_eq!(error.to_string(), "cannot fetch there: the line broke", "at {at}");
            }
        }
    }
}
