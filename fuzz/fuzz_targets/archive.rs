//! Any bytes are unpacked or refused in one line, whatever form they are said to have: without a
//! panic, and never as less than was promised. The first byte says the form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use selfup_fetch::{
    Compression, Error, ErrorKind,
    archive::{Format, Member, Spool, unpack},
    decompress,
};
use std::io::{Cursor, Read, copy, sink};

fuzz_target!(|bytes: &[u8]| {
    let Some((form, bytes)) = bytes.split_first() else { return };
    let (compression, is_archive) = match form % 8 {
        0 => (Compression::None, true),
        1 => (Compression::Gzip, true),
        2 => (Compression::Zstd, true),
        3 => (Compression::Xz, true),
        4 => (Compression::Gzip, false),
        5 => (Compression::Zstd, false),
        6 => (Compression::Xz, false),
        _ => return judge(unpacked(bytes, Format::Zip)),
    };
    judge(if is_archive {
        unpacked(bytes, Format::Tar(compression))
    } else {
        decompress(bytes, compression)
            .and_then(|reader| Ok(copy(&mut reader.take(1 << 24), &mut sink())?))
    });
});

fn unpacked(bytes: &[u8], format: Format) -> Result<u64, Error> {
    let spool = Spool::new("/dev/shm").most(1 << 20);
    let member = Member::of_program("app");
    let mut unpacked = unpack(Cursor::new(bytes.to_vec()), format, &member, &spool)?;
    let size = copy(&mut unpacked, &mut sink())?;
    assert_eq!(size, unpacked.size());
    Ok(size)
}

fn judge(outcome: Result<u64, Error>) {
    if let Err(error) = outcome {
        let text = error.to_string();
        assert!(!text.contains('\n') && text.len() < 4000, "{text}");
        assert_ne!(error.kind(), ErrorKind::Io, "{text}");
    }
}
