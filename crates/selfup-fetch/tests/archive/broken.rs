//! Tests real archives that were damaged on the way.

use std::io::{self, Read};

use proptest::prelude::*;
use selfup_fetch::{
    Compression, Digest, Error, ErrorKind,
    archive::{Format, Member, unpack},
    checked,
};

use crate::{
    TAR, app, read,
    release::{Release, TARS, ZIPS},
    spool,
    support::{Trickle, fed},
};

/// Small archives of all sorts, with long names in them.
fn small() -> Option<Vec<(Format, Vec<u8>)>> {
    let release = Release::new(300);
    let mut archives = Vec::new();
    for format in ["--format=gnu", "--format=pax"] {
        let tar = release.packed(&["tar", "-c", format, "app-1.2/doc", "app-1.2/bin"])?;
        archives.push((Format::Tar(Compression::Gzip), fed(&["gzip", "-c"], &tar)?));
        archives.push((TAR, tar));
    }
    for command in ZIPS {
        archives.push((Format::Zip, release.packed(command)?));
    }
    Some(archives)
}

#[test]
fn no_prefix_is_a_whole() {
    for (format, archive) in small().unwrap_or_default() {
        // Behind the end of a tar archive are only zeros, as many as one likes.
        let content = archive.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let end = if format == TAR { content.next_multiple_of(512) + 1024 } else { archive.len() };
        for at in 0..end {
            let error = read(&archive[..at], format, &app()).unwrap_err();
            let kind =
                if format == Format::Zip { ErrorKind::Corrupt } else { ErrorKind::Truncated };
            assert_eq!(error.kind(), kind, "{format:?} at {at}: {error}");
        }
        assert_eq!(read(&archive[..end], format, &app()).unwrap().len(), 300);
    }
}

#[test]
fn no_flipped_bit_gives_another_program() {
    let member = Member::at("app-1.2/bin/app");
    for (format, archive) in small().unwrap_or_default() {
        let program = read(&archive, format, &member).unwrap();
        // Some 2,000 of each.
        for bit in (0..archive.len() * 8).step_by((archive.len() / 250) | 1) {
            let mut flipped = archive.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Nothing protects a tar archive's content, nor which files are executable.
            match read(&flipped, format, &member) {
                Ok(out) if format != TAR => assert_eq!(out, program, "{format:?} at {bit}"),
                Ok(out) => assert_eq!(out.len(), program.len()),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn nothing_is_whole_before_all_of_the_archive_is() {
    let release = Release::new(50_000);
    let wrong: Digest = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse().unwrap();
    for (format, command) in [(TAR, TARS[0]), (Format::Zip, ZIPS[0])] {
        let Some(archive) = release.packed(command) else { return };
        let length = archive.len() as u64;
        let reader = checked(io::Cursor::new(archive.clone()), Some(length), vec![wrong.clone()]);
        let (mut bytes, error) = (0, unpack(reader, format, &app(), &spool()));
        let error = match error {
            Ok(unpacked) => {
                let mut unpacked = unpacked.named("there");
                let error = loop {
                    match unpacked.read(&mut [0; 1000]) {
                        Ok(n) => bytes += n,
                        Err(error) => break Error::from(error),
                    }
                };
                let again = Error::from(unpacked.read(&mut [0]).unwrap_err());
                assert_eq!(again.kind(), ErrorKind::Corrupt);
                assert!(again.to_string().starts_with("could not fetch there: "), "{again}");
                error
            }
            Err(error) => error,
        };
        assert!(error.to_string().contains("its digest is"), "{error}");
        assert!(bytes < release.app.len());
    }
}

#[test]
fn errors_of_the_input_pass_through() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(Error::new(ErrorKind::Stalled, "the line broke").at("there").into())
        }
    }
    let release = Release::new(3_000);
    for (format, command) in [(TAR, TARS[0]), (TAR, TARS[1]), (Format::Zip, ZIPS[0])] {
        let Some(archive) = release.packed(command) else { return };
        let archive: &'static [u8] = archive.leak();
        for at in (0..archive.len().min(15_000)).step_by(101) {
            let reader = Trickle(&archive[..at], 700).chain(Broken);
            let error = unpack(reader, format, &app(), &spool())
                .and_then(|mut unpacked| Ok(io::copy(&mut unpacked, &mut io::sink())?))
                .unwrap_err();
            assert_eq!(error.to_string(), "could not fetch there: the line broke", "at {at}");
        }
    }
}

#[test]
fn random_changes_never_panic_and_never_hang() {
    let archives = small().unwrap_or_default();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let cuts = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    proptest!(ProptestConfig::with_cases(64), |(changes in changes, cuts in cuts, noise in prop::collection::vec(any::<u8>(), 0..600))| {
        for (format, archive) in &archives {
            let mut changed = archive.clone();
            for (at, byte) in &changes {
                let at = at.index(changed.len());
                changed[at] = *byte;
            }
            drop(read(&changed, *format, &app()));
            // A piece moved elsewhere.
            let (from, to) = (cuts.0.index(changed.len()), cuts.1.index(changed.len()));
            let piece = changed.split_off(from.max(to));
            changed.splice(from.min(to)..from.min(to), piece);
            drop(read(&changed, *format, &Member::named("app")));
            drop(read(&noise, *format, &app()));
        }
    });
}
