//! Tests the decompression of intact, truncated and damaged streams.

use super::*;
use flate2::{Compression as Level, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
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
        assert!(error.to_string().starts_with("could not fetch there: "), "{error}");
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
            assert_eq!(error.to_string(), "could not fetch there: the line broke", "at {at}");
        }
    }
}
