//! What a service manager such as systemd is told: read off the lifecycle after each step, so that
//! nothing in the lifecycle has to know of it.
//!
//! Only the master speaks to the manager. Its pid never changes, so that `NotifyAccess=main`, the
//! default, is enough.

mod announce;
mod outbox;
#[cfg(test)]
mod tests;
mod watchdog;

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::time::{ClockId, clock_gettime};
use selfup_fds::FdSet;
use selfup_lifecycle::{Lifecycle, Time};
use selfup_program::{
    Watchdog as Proof,
    notify::{Field, NotSent, Notify},
};

use announce::Announcer;
use outbox::Outbox;
use watchdog::Watchdog;

pub(super) use watchdog::Due;

/// The service manager, if there is one that wants to be told.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    line: Option<Line>,
    /// It did not work the last time, which has been told.
    failing: bool,
}

#[derive(Debug)]
struct Line {
    notify: Notify,
    announcer: Announcer,
    watchdog: Option<Watchdog>,
    outbox: Outbox,
}

/// In front of the names of our sockets in the manager's store of descriptors, which holds those of
/// socket units too.
const STORED: &str = "selfup-";

/// Under which name a socket is kept by the manager.
pub(super) fn stored_name(name: &str) -> String {
    format!("{STORED}{name}")
}

/// Whether a socket of that name came out of the manager's store, and is ours.
pub(super) fn is_stored(name: &str) -> bool {
    name.starts_with(STORED)
}

impl Manager {
    pub(crate) fn new(notify: Option<Notify>, proof: Proof, now: Time) -> Self {
        let line = notify.map(|notify| Line {
            watchdog: notify.watchdog.map(|within| Watchdog::new(within, proof, now)),
            announcer: Announcer::new(),
            outbox: Outbox::default(),
            notify,
        });
        Self { line, failing: false }
    }

    /// Whether anybody is told.
    pub(super) fn is_there(&self) -> bool {
        self.line.is_some()
    }

    /// Has the sockets kept, so that what waits in them outlives a master that is killed; and those
    /// that `forgotten` names not any more.
    pub(super) fn keep(
        &mut self,
        fds: &FdSet,
        forgotten: &[String],
        now: Time,
    ) -> Option<io::Error> {
        self.tell(now, |line| {
            let forget = |name: &String| Field::StoreRemove { name: name.clone() };
            line.outbox.add(forgotten.iter().map(forget).collect(), now);
            line.outbox.send(&line.notify, now)?;
            for (name, fd) in fds.bound() {
                let field = Field::Store { name: stored_name(name) };
                // Copied only where it has to wait: descriptors may be scarce.
                match line.notify.send(std::slice::from_ref(&field), Some(fd)) {
                    Ok(()) => {}
                    Err(NotSent::Never(error)) => return Err(error),
                    Err(_) => line.outbox.add_fd(field, fd.try_clone_to_owned()?),
                }
            }
            Ok(())
        })
    }

    /// Tells what has changed.
    pub(super) fn observe(
        &mut self,
        life: &Lifecycle,
        status: impl FnOnce() -> String,
        now: Time,
    ) -> Option<io::Error> {
        self.tell(now, |line| {
            let fields = line.announcer.next(life, &status(), now, clock);
            line.outbox.add(fields, now);
            Ok(())
        })
    }

    /// When [`due`](Self::due) or [`send`](Self::send) has something to do.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let line = self.line.as_ref()?;
        let watchdog = line.watchdog.as_ref().map(Watchdog::next);
        watchdog.into_iter().chain(line.outbox.next()).min()
    }

    /// What polls as writable when there is room for what could not be told.
    pub(super) fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        self.line
            .as_ref()
            .filter(|line| line.outbox.waits_for_room())
            .map(|line| line.notify.as_fd())
    }

    /// Tells what could not be told before.
    pub(super) fn send(&mut self, now: Time) -> Option<io::Error> {
        self.tell(now, |_| Ok(()))
    }

    /// The master ends: the last attempt, which takes no longer than `patience`.
    pub(super) fn finish(&mut self, now: Time, patience: Duration) {
        let begun = Instant::now();
        loop {
            let _failed = self.send(now);
            let left = patience.saturating_sub(begun.elapsed());
            match &self.line {
                Some(line) if line.outbox.waits_for_room() && !left.is_zero() => {
                    line.notify.wait_for_room(left);
                }
                _ => return,
            }
        }
    }

    pub(super) fn due(&mut self, now: Time, serving: bool) -> Option<Due> {
        self.line.as_mut()?.watchdog.as_mut()?.due(now, serving)
    }

    /// Tells that the service is alive.
    pub(super) fn is_alive(&mut self, now: Time) -> Option<io::Error> {
        self.tell(now, |line| {
            if let Some(watchdog) = &line.watchdog {
                line.outbox.add_alive(now, watchdog.every());
            }
            Ok(())
        })
    }

    /// The error, if it is the first after it worked.
    fn tell(
        &mut self,
        now: Time,
        what: impl FnOnce(&mut Line) -> io::Result<()>,
    ) -> Option<io::Error> {
        let line = self.line.as_mut()?;
        let told = what(line).and_then(|()| line.outbox.send(&line.notify, now));
        let was_failing = self.failing;
        // That there was nothing to tell proves nothing.
        self.failing = told.is_err() || (was_failing && !matches!(told, Ok(true)));
        told.err().filter(|_| !was_failing)
    }
}

/// The clock that systemd compares with.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}
