//! Tests the decompression of files of the real `gzip`, `zstd` and `xz`: intact, damaged and hostile.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod support;

use std::io::{self, Read};

use proptest::prelude::*;
use selfup_fetch::{Compression, Error, ErrorKind, decompress};
use support::{Trickle, fed, program};

/// The forms, and commands that make them.
const COMMANDS: [(Compression, &[&str]); 8] = [
    (Compression::Gzip, &["gzip", "-c"]),
    (Compression::Zstd, &["zstd", "-qc"]),
    (Compression::Zstd, &["zstd", "-qc", "--ultra", "-22", "--long=27"]),
    (Compression::Zstd, &["zstd", "-qc", "--fast=5"]),
    (Compression::Xz, &["xz", "-c"]),
    (Compression::Xz, &["xz", "-c9e", "--check=sha256"]),
    (Compression::Xz, &["xz", "-c", "--check=crc32", "--block-size=100KiB", "-T2"]),
    (Compression::Xz, &["xz", "-c", "--x86", "--lzma2=dict=1MiB"]),
];

/// Those that this build knows.
fn commands() -> impl Iterator<Item = (Compression, &'static [&'static str])> {
    COMMANDS.into_iter().filter(|(compression, _)| is_built_in(*compression))
}

fn is_built_in(compression: Compression) -> bool {
    (compression != Compression::Zstd || cfg!(feature = "zstd"))
        && (compression != Compression::Xz || cfg!(feature = "xz"))
}

/// The plainest of each.
fn plain() -> impl Iterator<Item = (Compression, &'static [&'static str])> {
    commands().filter(|(_, command)| command.len() == 2)
}

fn unpack(reader: impl Read, compression: Compression) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    decompress(reader, compression)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn a_program_comes_out_as_it_went_in() {
    let program = program(500 << 10);
    for (compression, command) in commands() {
        let Some(packed) = fed(command, &program) else { return };
        assert!(packed.len() < program.len());
        assert!(unpack(packed.as_slice(), compression).unwrap() == program, "{command:?}");
    }
}

#[test]
fn nothing_comes_out_as_nothing() {
    for (compression, command) in commands() {
        let Some(packed) = fed(command, b"") else { return };
        assert_eq!(unpack(packed.as_slice(), compression).unwrap(), b"", "{command:?}");
    }
}

#[test]
fn every_cut_is_truncated() {
    for (compression, command) in commands() {
        let Some(packed) = fed(command, &program(600)) else { return };
        for at in 0..packed.len() {
            let error = unpack(&packed[..at], compression).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{command:?} at {at}: {error}");
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed_or_harmless() {
    let program = program(300);
    for (compression, command) in commands() {
        let Some(packed) = fed(command, &program) else { return };
        for bit in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Bits of a header (time, system, hints) may flip without harm to the content.
            if let Ok(out) = unpack(flipped.as_slice(), compression) {
                assert_eq!(out, program, "{command:?} at {bit}");
            }
        }
    }
}

#[test]
fn what_follows_the_end_is_refused() {
    for (compression, command) in plain() {
        let Some(packed) = fed(command, b"app") else { return };
        for rest in ["\n", "garbage that follows, at some length", "\x7fELF"] {
            let trailing = [&packed, rest.as_bytes()].concat();
            let error = unpack(trailing.as_slice(), compression).unwrap_err();
            let expected = match compression {
                // Its header is read as a whole before it is looked at.
                Compression::Gzip if rest.len() < 10 => ErrorKind::Truncated,
                _ => ErrorKind::Corrupt,
            };
            assert_eq!(error.kind(), expected, "{command:?} {rest:?}: {error}");
        }
    }
}

#[test]
fn what_is_something_else_is_corrupt() {
    for (compression, command) in plain() {
        let page = b"<html>captive portal, please log in</html>".as_slice();
        for bytes in [page, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"] {
            let error = unpack(bytes, compression).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{command:?}");
        }
    }
}

#[test]
fn bombs_are_refused() {
    for (compression, command) in plain() {
        let Some(packed) = fed(command, &vec![0; 40 << 20]) else { return };
        let mut reader = decompress(packed.as_slice(), compression).unwrap().named("bomb");
        let mut out = 0;
        let error = loop {
            match reader.read(&mut [0; 64 << 10]) {
                Ok(n) => out += n,
                Err(error) => break Error::from(error),
            }
        };
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{command:?}");
        assert!(!error.is_transient());
        assert!(out <= (16 << 20) + (64 << 10), "{command:?}: {out}");
        assert!(error.to_string().contains("could not fetch bomb: "), "{error}");
    }
}

#[test]
fn an_error_stays_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(Error::new(ErrorKind::Stalled, "the line broke").at("there").into())
        }
    }
    for (compression, command) in commands() {
        let Some(packed) = fed(command, &program(3000)) else { return };
        for at in (0..packed.len()).step_by(7) {
            let start = Trickle(&packed[..at], 100);
            let mut reader = decompress(start.chain(Broken), compression).unwrap();
            let error = Error::from(io::copy(&mut reader, &mut io::sink()).unwrap_err());
            assert_eq!(error.to_string(), "could not fetch there: the line broke", "{command:?}");
            let error = Error::from(reader.read(&mut [0]).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Stalled);

            let mut reader = decompress(&packed[..at], compression).unwrap();
            for _ in 0..2 {
                let error = Error::from(io::copy(&mut reader, &mut io::sink()).unwrap_err());
                assert_eq!(error.kind(), ErrorKind::Truncated, "{command:?}");
            }
        }
    }
}

#[cfg(feature = "zstd")]
#[test]
fn of_zstd_it_knows_all_that_a_stream_can_have() {
    let zstd = |args: &[&str], bytes: &[u8]| fed(&[&["zstd", "-qc"], args].concat(), bytes);
    let Some(one) = zstd(&[], b"one") else { return };
    let two = zstd(&["--no-check"], b"two").unwrap();
    let skippable = [b"\x5a\x2a\x4d\x18\x05\0\0\0five!".as_slice()].concat();
    let unpack = |bytes: &[u8]| unpack(bytes, Compression::Zstd);

    let stream = [&skippable, &one, &skippable, &two, &skippable].map(Vec::as_slice).concat();
    assert_eq!(unpack(&stream).unwrap(), b"onetwo");
    let seams = [13, 13 + one.len()].map(|seam| [seam, seam + 13]).concat();
    for at in (0..stream.len()).filter(|at| !seams.contains(at) && *at != stream.len() - 13) {
        assert_eq!(unpack(&stream[..at]).unwrap_err().kind(), ErrorKind::Truncated, "at {at}");
    }
    assert_eq!(unpack(&skippable).unwrap_err().kind(), ErrorKind::Truncated);
    let endless = b"\x50\x2a\x4d\x18\xff\xff\xff\xffmuch less";
    assert_eq!(unpack(endless).unwrap_err().kind(), ErrorKind::Truncated);

    // Not known beforehand, so that the whole window is asked for.
    let wide = zstd(&["--ultra", "-22", "--long=28"], b"wide").unwrap();
    let error = unpack(&wide).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
}

#[cfg(feature = "xz")]
#[test]
fn of_xz_it_knows_all_that_a_file_can_have() {
    let xz = |args: &[&str], bytes: &[u8]| fed(&[&["xz", "-c"], args].concat(), bytes);
    let Some(one) = xz(&[], b"one") else { return };
    let two = xz(&["--check=none"], b"two").unwrap();
    let unpack = |bytes: &[u8]| unpack(bytes, Compression::Xz);

    let file = [one.as_slice(), &[0; 8], &two, &[0; 4]].concat();
    assert_eq!(unpack(&file).unwrap(), b"onetwo");
    let error = unpack(&file[..file.len() - 1]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Corrupt), "{error}");

    let wide = xz(&["--lzma2=dict=65MiB"], b"wide").unwrap();
    let error = unpack(&wide).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    let largest = xz(&["--lzma2=dict=64MiB"], b"as large as may be").unwrap();
    assert_eq!(unpack(&largest).unwrap(), b"as large as may be");
}

#[test]
fn what_is_not_built_in_is_a_matter_of_configuration() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Xz] {
        match decompress(io::empty(), compression) {
            Ok(_) => assert!(is_built_in(compression), "{compression:?}"),
            Err(error) => {
                assert!(!is_built_in(compression), "{compression:?}");
                assert_eq!(error.kind(), ErrorKind::Configuration);
                assert!(error.to_string().contains("without the feature `"), "{error}");
            }
        }
    }
}

#[test]
fn without_compression_everything_passes() {
    assert_eq!(unpack(b"app".as_slice(), Compression::None).unwrap(), b"app");
    assert_eq!(unpack(b"".as_slice(), Compression::None).unwrap(), b"");
    let zeros = io::repeat(0).take(40 << 20);
    assert_eq!(unpack(zeros, Compression::None).unwrap().len(), 40 << 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_goes_in_comes_out(
        pieces in prop::collection::vec((any::<u8>(), 1_usize..400, any::<bool>()), 0..40),
        step in 1_usize..400,
    ) {
        let bytes: Vec<u8> = pieces.iter().flat_map(|&(byte, count, runs)| {
            (0..count).map(move |at| if runs { byte } else { (at * at) as u8 ^ byte })
        }).collect();
        for (compression, command) in plain() {
            let Some(packed) = fed(command, &bytes) else { return Ok(()) };
            prop_assert_eq!(&unpack(Trickle(&packed, step), compression).unwrap(), &bytes);
            let twice = [packed.as_slice(), &packed].concat();
            let both = unpack(Trickle(&twice, step), compression).unwrap();
            prop_assert_eq!(both, bytes.repeat(2));
        }
    }
}

proptest! {
    #[test]
    fn noise_never_panics_and_never_ends_well(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (compression, start) in [
            (Compression::Gzip, b"\x1f\x8b\x08\0".as_slice()),
            (Compression::Zstd, b"\x28\xb5\x2f\xfd"),
            (Compression::Xz, b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46"),
        ] {
            drop(unpack(bytes.as_slice(), compression));
            drop(unpack([start, &bytes].concat().as_slice(), compression));
        }
    }
}
