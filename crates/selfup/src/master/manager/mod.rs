//! What a service manager such as systemd is told: read off the lifecycle after each step, so that
//! nothing in the lifecycle has to know of it.
//!
//! Only the master speaks to the manager. Its pid never changes, so that `NotifyAccess=main`, the
//! default, is enough.

mod announce;
mod condition;
mod watchdog;

use std::{io, time::Duration};

use nix::time::{ClockId, clock_gettime};
use selfup_fds::FdSet;

use super::{Lifecycle, Time};
use crate::{
    config,
    notify::{Field, Notify},
};
pub(super) use announce::Announcer;
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
    pub(crate) fn new(notify: Option<Notify>, proof: config::Watchdog, now: Time) -> Self {
        let line = notify.map(|notify| Line {
            watchdog: notify.watchdog.map(|within| Watchdog::new(within, proof, now)),
            announcer: Announcer::new(),
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
    pub(super) fn keep(&mut self, fds: &FdSet, forgotten: &[String]) -> Option<io::Error> {
        self.tell(|line| {
            for name in forgotten {
                line.notify.send(&[Field::StoreRemove { name: name.clone() }])?;
            }
            for (name, fd) in fds.bound() {
                line.notify.send_with(&[Field::Store { name: stored_name(name) }], fd)?;
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
        self.tell(|line| match line.announcer.next(life, &status(), now, clock) {
            fields if fields.is_empty() => Ok(()),
            fields => line.notify.send(&fields),
        })
    }

    /// When [`due`](Self::due) has something to do.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.line.as_ref()?.watchdog.as_ref().map(Watchdog::next)
    }

    pub(super) fn due(&mut self, now: Time, serving: bool) -> Option<Due> {
        self.line.as_mut()?.watchdog.as_mut()?.due(now, serving)
    }

    /// Tells that the service is alive.
    pub(super) fn is_alive(&mut self) -> Option<io::Error> {
        self.tell(|line| match line.watchdog {
            Some(_) => line.notify.send(&[Field::Watchdog]),
            None => Ok(()),
        })
    }

    /// The error, if it is the first after it worked.
    fn tell(&mut self, what: impl FnOnce(&mut Line) -> io::Result<()>) -> Option<io::Error> {
        let told = what(self.line.as_mut()?);
        let was_failing = std::mem::replace(&mut self.failing, told.is_err());
        told.err().filter(|_| !was_failing)
    }
}

/// The clock that systemd compares with.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}
