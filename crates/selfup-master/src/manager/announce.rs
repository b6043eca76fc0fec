//! Derives the reports to a service manager from the state of the lifecycle.

use std::time::Duration;

use selfup_lifecycle::{Condition, Lifecycle, Time};
use selfup_program::notify::Field;

/// Remembers what the service manager knows, and returns what has to be reported next. It does no input or
/// output, and reads no clock.
#[derive(Debug)]
pub(crate) struct Announcer {
    condition: Condition,
    /// Whether the manager knows that the service has started.
    up: bool,
    status: String,
    /// The time until which the manager has been asked to wait.
    patient_until: Option<Time>,
}

/// How much longer than a deadline the manager should wait: the child still has to be killed and reaped.
const MARGIN: Duration = Duration::from_secs(5);

impl Announcer {
    pub(crate) fn new() -> Self {
        Self {
            condition: Condition::Starting,
            up: false,
            status: String::new(),
            patient_until: None,
        }
    }

    /// Returns what has changed since the last call. `clock` reads the monotonic clock of the machine.
    pub(crate) fn next(
        &mut self,
        life: &Lifecycle,
        status: &str,
        now: Time,
        clock: impl FnOnce() -> Duration,
    ) -> Vec<Field> {
        let mut fields = Vec::new();
        let condition = self.condition_of(life);
        if condition != self.condition {
            fields.extend(match condition {
                Condition::Starting => None,
                Condition::Serving => Some(Field::Ready),
                Condition::Restarting(_) => Some(Field::Reloading { since: clock() }),
                Condition::Stopping => Some(Field::Stopping),
            });
            self.condition = condition;
        }
        fields.extend(self.patience(life, now));
        if status != self.status {
            self.status = status.to_owned();
            fields.push(Field::Status(self.status.clone()));
        }
        fields
    }

    fn condition_of(&mut self, life: &Lifecycle) -> Condition {
        match life.condition() {
            Condition::Restarting(_) if !self.up => Condition::Starting,
            condition => {
                self.up = true;
                condition
            }
        }
    }

    /// Extends the manager's timeout while something is under way that has a deadline of ours, so that the
    /// manager does not give up first.
    fn patience(&mut self, life: &Lifecycle, now: Time) -> Option<Field> {
        let last = match self.condition {
            Condition::Serving => None,
            _ => life.last_deadline(),
        };
        let more = last.filter(|last| self.patient_until.is_none_or(|until| *last > until))?;
        self.patient_until = Some(more);
        Some(Field::ExtendTimeout(now.until(more).saturating_add(MARGIN)))
    }
}
