//! Tests archives of the real `tar` and `zip`, and hostile ones.
#![cfg(feature = "archive")]
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod broken;
mod capped;
mod hostile_tar;
mod hostile_zip;
mod python;
mod release;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use release::{Release, TARS, ZIPS};
use selfup_fetch::{
    Compression, Error, ErrorKind,
    archive::{Format, Member, Spool, Unpacked, unpack},
};
use support::fed;

fn spool() -> Spool {
    Spool::new(std::env::temp_dir())
}

fn open(bytes: &[u8], format: Format, member: &Member) -> Result<Unpacked, Error> {
    unpack(io::Cursor::new(bytes.to_vec()), format, member, &spool())
}

fn read(bytes: &[u8], format: Format, member: &Member) -> Result<Vec<u8>, Error> {
    let mut unpacked = open(bytes, format, member)?;
    let mut read = Vec::new();
    unpacked.read_to_end(&mut read)?;
    assert_eq!(read.len() as u64, unpacked.size());
    Ok(read)
}

fn app() -> Member {
    Member::of_program("app")
}

const TAR: Format = Format::Tar(Compression::None);

#[test]
fn the_program_comes_out_of_every_form_of_tar() {
    let release = Release::new(300_000);
    for command in TARS {
        let Some(tar) = release.packed(command) else { return };
        assert!(read(&tar, TAR, &app()).unwrap() == release.app, "{command:?}");
        let unpacked = open(&tar, TAR, &Member::at("app-1.2/bin/app")).unwrap();
        assert_eq!(unpacked.path(), "app-1.2/bin/app");
        let artifact = unpacked.into_artifact();
        assert_eq!(artifact.size, Some(release.app.len() as u64));
        assert_eq!(artifact.file_name.as_deref(), Some("app"));
        assert_eq!(read(&tar, TAR, &Member::named("helper")).unwrap(), b"help");
        assert_eq!(read(&tar, TAR, &Member::named("README")).unwrap(), b"read me");
        assert_eq!(read(&tar, TAR, &Member::at("./app-1.2/empty")).unwrap(), b"");
        let error = open(&tar, TAR, &Member::at("app-1.2/app")).unwrap_err();
        assert!(error.to_string().contains(r#""app-1.2/bin/app""#), "{error}");
    }
    let tar = release.packed(TARS[0]).unwrap();
    let deep = Member::named("page".repeat(30));
    assert_eq!(read(&tar, TAR, &deep).unwrap(), b"deep down");
}

#[test]
fn the_program_comes_out_of_every_compression() {
    let release = Release::new(100_000);
    for (name, command) in [
        ("app.tar.gz", ["gzip", "-c"]),
        #[cfg(feature = "zstd")]
        ("app.tzst", ["zstd", "-qc"]),
        #[cfg(feature = "xz")]
        ("app.tar.xz", ["xz", "-c"]),
    ] {
        let Some(tar) = release.packed(TARS[0]) else { return };
        let Some(packed) = fed(&command, &tar) else { return };
        let format = Format::of_name(name).unwrap();
        assert!(read(&packed, format, &app()).unwrap() == release.app, "{name}");
        for at in (0..packed.len()).step_by(97).chain([packed.len() - 1]) {
            let error = read(&packed[..at], format, &app()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{name} at {at}: {error}");
        }
    }
}

#[test]
fn the_program_comes_out_of_every_form_of_zip() {
    let release = Release::new(300_000);
    for command in ZIPS {
        let Some(zip) = release.packed(command) else { return };
        assert!(read(&zip, Format::Zip, &app()).unwrap() == release.app, "{command:?}");
        assert_eq!(read(&zip, Format::Zip, &Member::named("helper")).unwrap(), b"help");
        assert_eq!(read(&zip, Format::Zip, &Member::named("empty")).unwrap(), b"");
    }
    // Larger than it is allowed to keep.
    let zip = release.packed(ZIPS[1]).unwrap();
    let small = Spool::new(release.path()).most(zip.len() as u64 - 1);
    let error = unpack(io::Cursor::new(zip), Format::Zip, &app(), &small).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
}

#[test]
fn the_only_executable_is_kept_until_it_is_sure() {
    let release = Release::new(10_000);
    let Some(tar) = release.packed(&["tar", "-c", "app-1.2/README", "app-1.2/bin"]) else { return };
    let beside = tempfile::tempdir().unwrap();
    let here = Spool::new(beside.path());
    let other = Member::of_program("other");
    let mut unpacked = unpack(io::Cursor::new(tar.clone()), TAR, &other, &here).unwrap();
    assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 0);
    let mut read = Vec::new();
    unpacked.read_to_end(&mut read).unwrap();
    assert!(read == release.app);

    let small = here.clone().most(9_999);
    let error = unpack(io::Cursor::new(tar.clone()), TAR, &other, &small).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let nowhere = Spool::new(beside.path().join("missing"));
    let error = unpack(io::Cursor::new(tar.clone()), TAR, &other, &nowhere).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("/missing"), "{error}");
    // What is sure from the start needs no room.
    drop(unpack(io::Cursor::new(tar), TAR, &app(), &nowhere).unwrap());
}

#[test]
fn the_directory_of_a_bare_name_is_this_one() {
    let here = Path::new("app").parent().unwrap();
    let release = Release::new(10);
    let Some(zip) = release.packed(ZIPS[0]) else { return };
    drop(unpack(io::Cursor::new(zip), Format::Zip, &app(), &Spool::new(here)).unwrap());
}
