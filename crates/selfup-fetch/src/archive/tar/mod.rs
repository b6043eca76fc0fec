//! Reads the executable in a tar archive: streams it if its place allows that, else buffers it.

mod extended;
mod header;
mod walk;

use std::io::{self, Read};

use super::{
    Member, Spool, Unpacked,
    choice::{Choice, Step},
};
use crate::error::Error;
use walk::Walk;

pub(super) fn unpack(
    reader: impl Read + Send + 'static,
    member: &Member,
    spool: &Spool,
) -> Result<Unpacked, Error> {
    let mut walk = Walk::new(reader);
    let mut choice = Choice::new(member);
    let mut kept = None;
    while let Some(entry) = walk.next()? {
        match (choice.enter(&entry)?, entry.path) {
            (Step::Take, Some(path)) => {
                let size = walk.left();
                let streamed = Streamed { walk, choice, is_over: false };
                return Ok(Unpacked::new(path, size, streamed));
            }
            (Step::Keep, _) => {
                spool.must_hold(walk.left())?;
                // Free the earlier buffer first, to make room.
                drop(kept.take());
                kept = Some(spool.keep(walk.content())?);
            }
            _ => {}
        }
    }
    let path = choice.finish()?;
    match kept {
        Some((file, size)) => Ok(Unpacked::new(path, size, file)),
        None => Err(header::corrupt("nothing was kept of it")),
    }
}

/// The content of the current entry of the walk. Before it returns its last bytes, it checks the
/// rest of the archive.
struct Streamed<R> {
    walk: Walk<R>,
    choice: Choice,
    is_over: bool,
}

impl<R: Read> Read for Streamed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.is_over {
            return Ok(0);
        }
        let n = self.walk.content().read(buf)?;
        if self.walk.left() == 0 {
            while let Some(entry) = self.walk.next()? {
                self.choice.enter(&entry)?;
            }
            self.choice.finish()?;
            self.is_over = true;
        }
        Ok(n)
    }
}
