//! Tests the use of memory, alone in its file to have a process for itself.
#![cfg(all(feature = "archive", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod support;

use std::{
    fs::{self, File},
    io,
    process::{Command, Stdio},
};

use selfup_fetch::{
    Compression,
    archive::{Format, Member, Spool, unpack},
};
use support::{has_program, peak};

#[test]
#[expect(clippy::disallowed_methods, reason = "a test starts real processes")]
fn memory_does_not_grow_with_the_archive() {
    const SIZE: u64 = 64 << 20;
    if !has_program("tar") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for name in 0..10_000 {
        fs::write(directory.path().join(format!("{name}{}", "long".repeat(50))), b"").unwrap();
    }
    File::create(directory.path().join("app")).unwrap().set_len(SIZE).unwrap();
    let before = peak();
    let mut tar = Command::new("tar");
    tar.args(["-c", "."]).current_dir(directory.path()).stdout(Stdio::piped());
    let mut tar = tar.spawn().unwrap();
    let (format, spool) = (Format::Tar(Compression::None), Spool::new(directory.path()));
    let archive = tar.stdout.take().unwrap();
    let mut unpacked = unpack(archive, format, &Member::named("app"), &spool).unwrap();
    assert_eq!(io::copy(&mut unpacked, &mut io::sink()).unwrap(), SIZE);
    assert!(tar.wait().unwrap().success());
    let growth = peak() - before;
    assert!(growth < 4096, "{growth} KiB");
}
