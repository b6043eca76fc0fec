//! Entry points for the fuzz targets, which are built with `--cfg fuzzing`.

#![allow(missing_docs, reason = "nobody else sees it")]

use std::cell::Cell;
use std::io;

use crate::format::{self, ReadAt};
use crate::record::Record;
use crate::signature;

/// Examines arbitrary bytes as a file of this size.
pub fn executable(bytes: &[u8], size: u64) {
    judge(bytes, size, &[]);
    // The second time in the place of a file of the same kind, so that no machine is a foreign one.
    judge(bytes, size, bytes);
}

fn judge(bytes: &[u8], size: u64, replaced: &[u8]) {
    let counting = Counting { bytes, read: Cell::new(0) };
    let judged = format::examine(&counting, size, replaced);
    assert!(counting.read.get() <= 600 << 10, "{} bytes were read", counting.read.get());
    if let Ok(Err(finding)) = judged {
        let text = finding.to_string();
        assert!(!text.contains('\n') && text.len() < 1000, "{text}");
    }
}

/// Parses a text in all the ways in which signatures and keys are parsed.
pub fn signature(text: &str) {
    signature::read_anything(text);
}

struct Counting<'a> {
    bytes: &'a [u8],
    read: Cell<usize>,
}

impl ReadAt for Counting<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.bytes.read_at(buffer, offset)?;
        self.read.set(self.read.get() + length);
        Ok(length)
    }
}

/// Parses arbitrary bytes as a record, which is the same after another round trip.
pub fn record(bytes: &[u8]) {
    let record = Record::parse(bytes);
    let text = record.to_string();
    assert_eq!(Record::parse(text.as_bytes()), record, "{text}");
}
