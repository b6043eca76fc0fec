//! What the service manager is still to be told: kept until it can be, in order.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use selfup_lifecycle::Time;
use selfup_program::notify::{Field, NotSent, Notify};

/// A manager that reads slowly, or not at all, is not waited for: the loop tries again when there is
/// room.
///
/// Of a status and of deadlines the latest counts. Everything else is told, in order: that the
/// service is up or changes over, and the descriptors that are to be kept.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    letters: VecDeque<Letter>,
    status: Option<String>,
    /// How long the manager is to be patient.
    patient_until: Option<Time>,
    /// When the service was alive, and how long that is worth telling.
    alive: Option<(Time, Duration)>,
    waits: Option<Waits>,
}

#[derive(Debug)]
struct Letter {
    field: Field,
    fd: Option<OwnedFd>,
}

/// What the next attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Room,
    Time(Time),
}

/// So many changes are kept for a manager that does not read; of more, those in the middle go, each a
/// reload with its end.
const MOST: usize = 64;

/// When the kernel has no memory, it is asked again after this time.
const PAUSE: Duration = Duration::from_millis(100);

impl Outbox {
    pub(super) fn add(&mut self, fields: Vec<Field>, now: Time) {
        for field in fields {
            match field {
                Field::Status(text) => self.status = Some(text),
                Field::ExtendTimeout(by) => self.patient_until = Some(now + by),
                field => self.push(Letter { field, fd: None }),
            }
        }
    }

    /// A descriptor that is to be kept; this is a copy of it.
    pub(super) fn add_fd(&mut self, field: Field, fd: OwnedFd) {
        self.push(Letter { field, fd: Some(fd) });
    }

    /// The service is alive, which is worth telling for so long.
    pub(super) fn add_alive(&mut self, now: Time, worth: Duration) {
        self.alive = Some((now, worth));
    }

    fn push(&mut self, letter: Letter) {
        self.letters.push_back(letter);
        let is_change =
            |letter: &Letter| matches!(letter.field, Field::Ready | Field::Reloading { .. });
        if self.letters.iter().filter(|letter| is_change(letter)).count() > MOST {
            // The first tells that the service is up.
            for _reload_and_its_end in 0..2 {
                let mut changes = (0..self.letters.len())
                    .filter(|index| self.letters.get(*index).is_some_and(is_change));
                if let Some(second) = changes.nth(1) {
                    self.letters.remove(second);
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.letters.is_empty()
            && self.status.is_none()
            && self.patient_until.is_none()
            && self.alive.is_none()
    }

    /// Whether there is something that is sent when the manager's queue has room.
    pub(super) fn waits_for_room(&self) -> bool {
        self.waits == Some(Waits::Room)
    }

    /// When the next attempt is due, if that is a question of time.
    pub(super) fn next(&self) -> Option<Time> {
        match self.waits {
            Some(Waits::Time(at)) => Some(at),
            Some(Waits::Room) | None => None,
        }
    }

    /// Tells what can be told now; whether something was.
    pub(super) fn send(&mut self, notify: &Notify, now: Time) -> io::Result<bool> {
        self.waits = None;
        self.alive = self.alive.filter(|(when, worth)| now <= *when + *worth);
        self.patient_until = self.patient_until.filter(|until| *until > now);
        let mut sent = Ok(false);
        while !self.is_empty() {
            let last = self.letters.len() <= 1;
            let letter = self.letters.front();
            let mut fields: Vec<Field> =
                letter.map(|letter| letter.field.clone()).into_iter().collect();
            fields.extend(self.patient_until.map(|until| Field::ExtendTimeout(now.until(until))));
            // With the latest change.
            fields.extend(self.status.clone().filter(|_| last).map(Field::Status));
            fields.extend(self.alive.map(|_| Field::Watchdog));
            let fd = letter.and_then(|letter| letter.fd.as_ref()).map(AsFd::as_fd);
            match notify.send(&fields, fd) {
                Ok(()) => {
                    self.told(last);
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
                // Kept until there is something new to tell.
                Err(NotSent::Nobody(error)) => return Err(error),
                Err(NotSent::Never(error)) => {
                    self.told(last);
                    sent = Err(error);
                }
            }
        }
        sent
    }

    fn told(&mut self, last: bool) {
        self.letters.pop_front();
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
        let fields: Vec<_> = outbox.letters.iter().map(|letter| &letter.field).collect();
        assert!(fields.len() <= MOST + 2, "{}", fields.len());
        assert_eq!(fields[0], &Field::Ready);
        assert_eq!(fields[1], &Field::StoreRemove { name: "x".into() });
        let latest = Field::Reloading { since: Duration::from_secs(999) };
        assert_eq!(fields[fields.len() - 3..], [&latest, &Field::Ready, &Field::Stopping]);
        assert!(matches!(fields[2], Field::Reloading { .. }));
    }
}
