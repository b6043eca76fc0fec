//! Reaps orphans, which the kernel gives to pid 1 and to subreapers.

use std::io;

use crate::{children::Children, sys};

/// Reaps processes whose parents have died, mostly daemons that the program has started.
///
/// The kernel gives them to pid 1, as which a master runs in a container, or to a child subreaper. Unless that
/// process reaps them when they end, they stay as zombies.
#[derive(Debug)]
pub(super) struct Orphans {
    come_here: bool,
}

impl Orphans {
    pub(super) fn new() -> Self {
        Self { come_here: sys::orphans::come_to_this_process() }
    }

    /// Reaps the orphans that have ended. Call this after the master's own children have been reaped. If it
    /// fails, later calls do nothing.
    ///
    /// Only the children of this thread are considered. It is the main thread, to which orphans come;
    /// processes that other threads have started are theirs to wait for. If one of the master's own
    /// children has ended since, its status is left for the next turn of the loop, which its SIGCHLD
    /// causes, and so are the orphans behind it.
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
