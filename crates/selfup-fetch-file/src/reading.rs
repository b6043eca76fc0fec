//! A reader that detects changes of the file while it is read.

use std::{
    fs,
    io::{self, Read},
};

use selfup_fetch::{Error, ErrorKind};

use crate::stamp::Stamp;

/// Reads a file, and reports the end only if the file has not changed.
pub(crate) struct Reading {
    file: fs::File,
    stamp: Stamp,
    read: u64,
    place: String,
    changed: bool,
}

impl Reading {
    pub(crate) const fn new(file: fs::File, stamp: Stamp, place: String) -> Self {
        Self { file, stamp, read: 0, place, changed: false }
    }

    fn is_as_it_was(&self) -> io::Result<bool> {
        Ok(self.read == self.stamp.size && Stamp::of(&self.file.metadata()?) == self.stamp)
    }
}

impl Read for Reading {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if !self.changed {
            let n = self.file.read(buf)?;
            self.read += n as u64;
            // A file that grows is detected at once, because it could grow for ever.
            let ended = n == 0 || self.read > self.stamp.size;
            if !ended || self.is_as_it_was()? {
                return Ok(n);
            }
            self.changed = true;
        }
        let reason = "it was changed or replaced while it was read; if somebody writes to it in \
                      place, have a finished file renamed to it instead";
        Err(Error::new(ErrorKind::Changed, reason).at(&self.place).into())
    }
}
