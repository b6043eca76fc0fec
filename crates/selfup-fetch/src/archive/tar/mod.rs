//! The executable out of a tar archive: streamed if its place allows that, else buffered.

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
                // What was kept before makes room first.
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

/// The content of the entry at which the walk stands. Before its last bytes are handed out, the
/// rest of the archive is looked through.
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
