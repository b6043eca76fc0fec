//! Tests what is buffered on disk, and its limits.

use std::{
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use selfup_fetch::{
    ErrorKind, RunningExecutable,
    archive::{Format, Member, Spool, unpack},
};

use crate::{
    TAR,
    release::{Release, TARS, ZIPS},
};

/// Counts what is read of it.
struct Counted(io::Cursor<Vec<u8>>, Arc<AtomicUsize>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1.fetch_add(length, Ordering::SeqCst);
        Ok(length)
    }
}

/// How much was read of it until it was refused.
fn refused(bytes: &[u8], format: Format, member: &Member, cap: u64) -> usize {
    let current =
        RunningExecutable::new(std::env::temp_dir().join("app"), String::new).with_size_cap(cap);
    let read = Arc::new(AtomicUsize::new(0));
    let reader = Counted(io::Cursor::new(bytes.to_vec()), Arc::clone(&read));
    let error = unpack(reader, format, member, &Spool::beside(&current)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert!(error.to_string().contains("the size cap"), "{error}");
    read.load(Ordering::SeqCst)
}

#[test]
fn the_size_cap_holds_for_what_is_kept() {
    let release = Release::new(3_000_000);
    let Some(zip) = release.packed(ZIPS[0]) else { return };
    let read = refused(&zip, Format::Zip, &Member::of_program("app"), 100_000);
    assert!(read < 200_000, "{read} bytes were read");
    let Some(tar) = release.packed(TARS[0]) else { return };
    // Not executable, or not called so: it may be the one, and a better one may follow.
    refused(&tar, TAR, &Member::of_program("no-such-app"), 3);
    let current = RunningExecutable::new("app", String::new);
    assert_eq!(current.size_cap(), 1 << 30);
    let spool = Spool::beside(&RunningExecutable::new(Path::new("/tmp/app"), String::new));
    assert!(unpack(io::Cursor::new(zip), Format::Zip, &Member::of_program("app"), &spool).is_ok());
}
