//! Reports to a service manager such as systemd. They are derived from the lifecycle after each step, so that
//! the lifecycle does not have to know about the manager.
//!
//! Only the master reports to the manager. Its pid never changes, so `NotifyAccess=main`, the default, is
//! enough.

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
    notify::{Descriptor, Field, NotSent, Notify},
};

use announce::Announcer;
use outbox::Outbox;
use watchdog::Watchdog;

pub(super) use watchdog::Due;

/// The service manager, if there is one that expects reports.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    link: Option<Link>,
    /// Where a newline reports that the service is ready, until it has.
    descriptor: Option<Descriptor>,
    /// Whether the last attempt to send failed, which has been reported.
    failing: bool,
}

#[derive(Debug)]
struct Link {
    notify: Notify,
    announcer: Announcer,
    watchdog: Option<Watchdog>,
    outbox: Outbox,
}

/// The prefix of our sockets' names in the manager's store of descriptors, which also holds those of socket
/// units.
const STORED: &str = "selfup-";

/// Returns the name of a socket in the manager's store.
pub(super) fn stored_name(name: &str) -> String {
    format!("{STORED}{name}")
}

/// Returns whether a socket of this name is one of ours from the manager's store.
pub(super) fn is_stored(name: &str) -> bool {
    name.starts_with(STORED)
}

impl Manager {
    pub(crate) fn new(
        notify: Option<Notify>,
        descriptor: Option<Descriptor>,
        proof: Proof,
        now: Time,
    ) -> Self {
        let link = notify.map(|notify| Link {
            watchdog: notify.watchdog.map(|within| Watchdog::new(within, proof, now)),
            announcer: Announcer::new(),
            outbox: Outbox::default(),
            notify,
        });
        Self { link, descriptor, failing: false }
    }

    /// Whether there is a manager.
    pub(super) fn is_there(&self) -> bool {
        self.link.is_some()
    }

    /// Puts the sockets into the manager's store, so that connections that wait in them survive a master
    /// that is killed, and removes those that `forgotten` names.
    pub(super) fn store_sockets(
        &mut self,
        fds: &FdSet,
        forgotten: &[String],
        now: Time,
    ) -> Option<io::Error> {
        self.send_with(now, |link| {
            let forget = |name: &String| Field::StoreRemove { name: name.clone() };
            link.outbox.add(forgotten.iter().map(forget).collect(), now);
            link.outbox.send(&link.notify, now)?;
            for (name, fd) in fds.bound() {
                let field = Field::Store { name: stored_name(name) };
                // Copy it only if it has to wait, because descriptors may be scarce.
                match link.notify.send(std::slice::from_ref(&field), Some(fd)) {
                    Ok(()) => {}
                    Err(NotSent::Never(error)) => return Err(error),
                    Err(_) => link.outbox.add_fd(field, fd.try_clone_to_owned()?),
                }
            }
            Ok(())
        })
    }

    /// Reports what has changed.
    pub(super) fn update(
        &mut self,
        life: &Lifecycle,
        status: impl FnOnce() -> String,
        now: Time,
    ) -> Option<io::Error> {
        let ready = life.active().and_then(|_| self.descriptor.take()).map(Descriptor::ready);
        let not_sent = self.send_with(now, |link| {
            let fields = link.announcer.next(life, &status(), now, clock);
            link.outbox.add(fields, now);
            Ok(())
        });
        ready.and_then(Result::err).or(not_sent)
    }

    /// Returns the time at which [`due`](Self::due) or [`send`](Self::send) has something to do.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        let link = self.link.as_ref()?;
        let watchdog = link.watchdog.as_ref().map(Watchdog::next);
        watchdog.into_iter().chain(link.outbox.next()).min()
    }

    /// Returns the descriptor that polls as writable when the manager's queue has room, if reports wait for
    /// that.
    pub(super) fn waits_for_room(&self) -> Option<BorrowedFd<'_>> {
        self.link
            .as_ref()
            .filter(|link| link.outbox.waits_for_room())
            .map(|link| link.notify.as_fd())
    }

    /// Sends the reports that could not be sent before.
    pub(super) fn send(&mut self, now: Time) -> Option<io::Error> {
        self.send_with(now, |_| Ok(()))
    }

    /// Makes a last attempt to send, because the master ends. It takes at most `patience`.
    pub(super) fn finish(&mut self, now: Time, patience: Duration) {
        let begun = Instant::now();
        loop {
            let _failed = self.send(now);
            let left = patience.saturating_sub(begun.elapsed());
            match &self.link {
                Some(link) if link.outbox.waits_for_room() && !left.is_zero() => {
                    link.notify.wait_for_room(left);
                }
                _ => return,
            }
        }
    }

    pub(super) fn due(&mut self, now: Time, serving: bool) -> Option<Due> {
        self.link.as_mut()?.watchdog.as_mut()?.due(now, serving)
    }

    /// Reports that the service is alive.
    pub(super) fn report_alive(&mut self, now: Time) -> Option<io::Error> {
        self.send_with(now, |link| {
            if let Some(watchdog) = &link.watchdog {
                link.outbox.add_alive(now, watchdog.every());
            }
            Ok(())
        })
    }

    /// Calls `add`, then sends what waits. Returns the error if it is the first after a success.
    fn send_with(
        &mut self,
        now: Time,
        add: impl FnOnce(&mut Link) -> io::Result<()>,
    ) -> Option<io::Error> {
        let link = self.link.as_mut()?;
        let sent = add(link).and_then(|()| link.outbox.send(&link.notify, now));
        let was_failing = self.failing;
        // If there was nothing to send, that is no success.
        self.failing = sent.is_err() || (was_failing && !matches!(sent, Ok(true)));
        sent.err().filter(|_| !was_failing)
    }
}

/// Reads the clock that systemd compares with.
fn clock() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}
