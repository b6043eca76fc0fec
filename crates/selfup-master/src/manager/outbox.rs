//! The reports that wait until the service manager can take them, in order.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use selfup_lifecycle::Time;
use selfup_program::notify::{Field, NotSent, Notify};

/// The reports to the service manager that have not been sent.
///
/// The loop does not wait for a manager that reads slowly or not at all: it tries again when the manager's
/// queue has room. Of the status and of deadlines, only the latest is sent. Everything else is sent in
/// order: changes of state, and the descriptors for the store.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    status: Option<String>,
    /// The time until which the manager should wait.
    patient_until: Option<Time>,
    /// When the service was alive, and how long that is worth reporting.
    alive: Option<(Time, Duration)>,
    waits: Option<Waits>,
}

#[derive(Debug)]
struct Entry {
    field: Field,
    fd: Option<OwnedFd>,
}

/// What the next attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Room,
    Time(Time),
}

/// The most changes of state that wait for a manager that does not read. Beyond that, those in the middle are
/// dropped, each a reload with its end.
const MOST: usize = 64;

/// The pause before another attempt if the kernel has no memory.
const PAUSE: Duration = Duration::from_millis(100);

impl Outbox {
    pub(super) fn add(&mut self, fields: Vec<Field>, now: Time) {
        for field in fields {
            match field {
                Field::Status(text) => self.status = Some(text),
                Field::ExtendTimeout(by) => self.patient_until = Some(now + by),
                field => self.push(Entry { field, fd: None }),
            }
        }
    }

    /// Adds a copy of a descriptor for the store.
    pub(super) fn add_fd(&mut self, field: Field, fd: OwnedFd) {
        self.push(Entry { field, fd: Some(fd) });
    }

    /// Notes that the service is alive, which is worth reporting for this long.
    pub(super) fn add_alive(&mut self, now: Time, worth: Duration) {
        self.alive = Some((now, worth));
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        let is_change =
            |entry: &Entry| matches!(entry.field, Field::Ready | Field::Reloading { .. });
        if self.entries.iter().filter(|entry| is_change(entry)).count() > MOST {
            // The first one reports that the service is up, and stays.
            for _reload_and_its_end in 0..2 {
                let mut changes = (0..self.entries.len())
                    .filter(|index| self.entries.get(*index).is_some_and(is_change));
                if let Some(second) = changes.nth(1) {
                    self.entries.remove(second);
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.status.is_none()
            && self.patient_until.is_none()
            && self.alive.is_none()
    }

    /// Whether the next attempt waits for room in the manager's queue.
    pub(super) fn waits_for_room(&self) -> bool {
        self.waits == Some(Waits::Room)
    }

    /// Returns the time of the next attempt, if it waits for a time.
    pub(super) fn next(&self) -> Option<Time> {
        match self.waits {
            Some(Waits::Time(at)) => Some(at),
            Some(Waits::Room) | None => None,
        }
    }

    /// Sends what can be sent now, and returns whether something was sent.
    pub(super) fn send(&mut self, notify: &Notify, now: Time) -> io::Result<bool> {
        self.waits = None;
        self.alive = self.alive.filter(|(when, worth)| now <= *when + *worth);
        self.patient_until = self.patient_until.filter(|until| *until > now);
        let mut sent = Ok(false);
        while !self.is_empty() {
            let last = self.entries.len() <= 1;
            let entry = self.entries.front();
            let mut fields: Vec<Field> =
                entry.map(|entry| entry.field.clone()).into_iter().collect();
            fields.extend(self.patient_until.map(|until| Field::ExtendTimeout(now.until(until))));
            // The status goes with the latest change.
            fields.extend(self.status.clone().filter(|_| last).map(Field::Status));
            fields.extend(self.alive.map(|_| Field::Watchdog));
            let fd = entry.and_then(|entry| entry.fd.as_ref()).map(AsFd::as_fd);
            match notify.send(&fields, fd) {
                Ok(()) => {
                    self.sent(last);
                    sent = sent.map(|_| true);
                }
                Err(NotSent::Full) => {
                    self.waits = Some(Waits::Room);
                    break;
                }
                Err(NotSent::Later) => {
                    self.waits = Some(Waits::Time(now + PAUSE));
                    break;
                }
                // This stays until there is something new to report.
                Err(NotSent::Nobody(error)) => return Err(error),
                Err(NotSent::Never(error)) => {
                    self.sent(last);
                    sent = Err(error);
                }
            }
        }
        sent
    }

    fn sent(&mut self, last: bool) {
        self.entries.pop_front();
        self.patient_until = None;
        self.alive = None;
        if last {
            self.status = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_bounded_and_the_first_and_the_last_stay() {
        let mut outbox = Outbox::default();
        outbox.add(vec![Field::Ready], Time::start());
        outbox.add(vec![Field::StoreRemove { name: "x".into() }], Time::start());
        for second in 0..1000 {
            let since = Duration::from_secs(second);
            outbox.add(vec![Field::Reloading { since }], Time::start());
            outbox.add(vec![Field::Ready], Time::start());
        }
        outbox.add(vec![Field::Stopping], Time::start());
        let fields: Vec<_> = outbox.entries.iter().map(|entry| &entry.field).collect();
        assert!(fields.len() <= MOST + 2, "{}", fields.len());
        assert_eq!(fields[0], &Field::Ready);
        assert_eq!(fields[1], &Field::StoreRemove { name: "x".into() });
        let latest = Field::Reloading { since: Duration::from_secs(999) };
        assert_eq!(fields[fields.len() - 3..], [&latest, &Field::Ready, &Field::Stopping]);
        assert!(matches!(fields[2], Field::Reloading { .. }));
    }
}
