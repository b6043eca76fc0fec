//! Reaps what comes to pid 1, or to a subreaper.

use std::io;

use crate::{children::Children, sys};

/// Processes of others that the kernel gives to this one when their parents have died: daemons that
/// the program has started, mostly. Whoever gets them takes them off the process table when they end;
/// else they stay there as zombies.
#[derive(Debug)]
pub(super) struct Orphans {
    come_here: bool,
}

impl Orphans {
    /// They come to pid 1, as which a master runs in a container, and to a child subreaper.
    pub(super) fn new() -> Self {
        Self { come_here: sys::orphans::come_to_this_process() }
    }

    /// Takes those off the process table that have ended, after the master's own children have been
    /// looked at. If that fails, it is the last time.
    ///
    /// It is asked for the children of this thread alone, which is the main one, to which orphans
    /// come: what other threads have started is theirs to wait for. Of the master's own, one may have
    /// ended since; its status is left to be seen at the next SIGCHLD, which is on its way, and so are
    /// the orphans behind it.
    pub(super) fn reap(&mut self, own: &Children) -> io::Result<()> {
        let reaped = if self.come_here { reap(own) } else { Ok(()) };
        self.come_here &= reaped.is_ok();
        reaped
    }
}

fn reap(own: &Children) -> io::Result<()> {
    while let Some(ended) = sys::orphans::ended_child_of_this_thread()? {
        if own.iter().any(|child| child.pid().as_raw() == ended) {
            break;
        }
        sys::orphans::take_off(ended)?;
    }
    Ok(())
}
