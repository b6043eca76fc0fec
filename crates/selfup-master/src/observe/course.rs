//! Follows restarts and upgrades from their start to their outcome, by the events alone.

use std::time::{Duration, Instant};

use selfup_install::Id;
use selfup_lifecycle::Cause;

use crate::{event::Event, reason::KillReason, warning::Warning};

/// The restart and the upgrade that are under way.
#[derive(Debug, Default)]
pub(super) struct Course {
    restart: Option<Restart>,
    /// The executable on trial.
    upgrade: Option<Id>,
}

#[derive(Debug)]
struct Restart {
    cause: Cause,
    since: Instant,
    /// Why its candidate fails, as far as that is known before it has.
    fails: Option<RestartOutcome>,
}

/// What follows from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    RestartBegins(Cause),
    RestartEnds { cause: Cause, outcome: RestartOutcome, took: Duration },
    UpgradeBegins(Id),
    UpgradeEnds(UpgradeOutcome),
}

/// What became of a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RestartOutcome {
    /// Its child serves.
    Served,
    /// The candidate ended before it was ready.
    Crashed,
    /// The candidate was not ready in time.
    Late,
    /// The candidate could not be started.
    NotStarted,
    /// The candidate cannot run under this master.
    Unsuitable,
    /// The executable was rolled back meanwhile.
    RolledBack,
    /// Another restart began before it was decided.
    Overtaken,
    /// The master stops.
    Stopped,
}

/// What became of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpgradeOutcome {
    Committed,
    /// It runs, and another process decides about what is at the path.
    NotCommitted,
    RolledBack,
    /// It could not be tried here.
    Shelved,
    /// Another one came before it was tried.
    Overtaken,
    /// The master ends before it is decided.
    Undecided,
}

impl Course {
    /// Returns what follows from an event, in its order.
    pub(super) fn follow(&mut self, event: &Event, now: Instant) -> Vec<Turn> {
        match event {
            Event::Restarting { cause } => {
                let ended = self.restart_ends(RestartOutcome::Overtaken, now);
                self.restart = Some(Restart { cause: *cause, since: now, fails: None });
                ended.into_iter().chain([Turn::RestartBegins(*cause)]).collect()
            }
            Event::Started { .. } => {
                self.fails(None);
                Vec::new()
            }
            Event::SpawnFailed { .. } => {
                self.fails(Some(RestartOutcome::NotStarted));
                Vec::new()
            }
            Event::Killed { reason, .. } => {
                match reason {
                    KillReason::NotReady { .. } => self.fails(Some(RestartOutcome::Late)),
                    KillReason::OtherProtocol | KillReason::MissingSocket => {
                        self.fails(Some(RestartOutcome::Unsuitable));
                    }
                    KillReason::RolledBack => self.fails(Some(RestartOutcome::RolledBack)),
                    KillReason::NotEnded { .. } => {}
                }
                Vec::new()
            }
            Event::Serving { .. } => turns(self.restart_ends(RestartOutcome::Served, now)),
            Event::CandidateFailed { end, .. } => {
                let known = self.restart.as_ref().and_then(|restart| restart.fails);
                let outcome = match end {
                    Some(_) => RestartOutcome::Crashed,
                    None => known.unwrap_or(RestartOutcome::Late),
                };
                turns(self.restart_ends(outcome, now))
            }
            Event::Installed { id } => self.trial_begins(*id),
            Event::Committed { id, .. } => self.upgrade_ends(Some(*id), UpgradeOutcome::Committed),
            Event::RolledBack { refused, .. } => {
                self.upgrade_ends(Some(*refused), UpgradeOutcome::RolledBack)
            }
            Event::Shelved { id } => self.upgrade_ends(Some(*id), UpgradeOutcome::Shelved),
            Event::Warning(Warning::StaysAtPath { id, .. }) => {
                self.upgrade_ends(Some(*id), UpgradeOutcome::RolledBack)
            }
            Event::Warning(Warning::NotCommitted { .. }) => {
                self.upgrade_ends(None, UpgradeOutcome::NotCommitted)
            }
            Event::Stopping => {
                let restart = self.restart_ends(RestartOutcome::Stopped, now);
                let upgrade = self.upgrade_ends(None, UpgradeOutcome::Undecided);
                restart.into_iter().chain(upgrade).collect()
            }
            _ => Vec::new(),
        }
    }

    /// This executable is about to be tried.
    pub(super) fn trial_begins(&mut self, id: Id) -> Vec<Turn> {
        if self.upgrade == Some(id) {
            return Vec::new();
        }
        let mut turns = self.upgrade_ends(None, UpgradeOutcome::Overtaken);
        self.upgrade = Some(id);
        turns.push(Turn::UpgradeBegins(id));
        turns
    }

    fn fails(&mut self, outcome: Option<RestartOutcome>) {
        if let Some(restart) = &mut self.restart {
            restart.fails = outcome;
        }
    }

    fn restart_ends(&mut self, outcome: RestartOutcome, now: Instant) -> Option<Turn> {
        let Restart { cause, since, .. } = self.restart.take()?;
        let took = now.saturating_duration_since(since);
        Some(Turn::RestartEnds { cause, outcome, took })
    }

    /// Ends the upgrade under way, if it is of this executable.
    fn upgrade_ends(&mut self, id: Option<Id>, outcome: UpgradeOutcome) -> Vec<Turn> {
        let ended = self.upgrade.take_if(|under_way| id.is_none_or(|id| id == *under_way));
        turns(ended.map(|_| Turn::UpgradeEnds(outcome)))
    }
}

fn turns(turn: Option<Turn>) -> Vec<Turn> {
    turn.into_iter().collect()
}

impl RestartOutcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Crashed => "crashed",
            Self::Late => "late",
            Self::NotStarted => "not-started",
            Self::Unsuitable => "unsuitable",
            Self::RolledBack => "rolled-back",
            Self::Overtaken => "overtaken",
            Self::Stopped => "stopped",
        }
    }
}

impl UpgradeOutcome {
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans have it"))]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::NotCommitted => "not-committed",
            Self::RolledBack => "rolled-back",
            Self::Shelved => "shelved",
            Self::Overtaken => "overtaken",
            Self::Undecided => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use selfup_signals::{End, Pid};

    use super::*;
    use crate::{
        reason::RollbackReason,
        samples::{id, reason},
    };

    /// The turns after each of these events, one second apart.
    fn turns_of(events: impl IntoIterator<Item = Event>) -> Vec<Turn> {
        let (mut course, mut now) = (Course::default(), Instant::now());
        let mut follow = |event: Event| {
            now += Duration::from_secs(1);
            course.follow(&event, now)
        };
        events.into_iter().flat_map(&mut follow).collect()
    }

    fn started(generation: u64) -> Event {
        Event::Started { generation, pid: Pid::this() }
    }

    fn restarting() -> Event {
        Event::Restarting { cause: Cause::Signal }
    }

    fn failed(end: Option<End>) -> Event {
        Event::CandidateFailed { generation: 2, end, still_serving: true }
    }

    fn ended(outcome: RestartOutcome, seconds: u64) -> Turn {
        let took = Duration::from_secs(seconds);
        Turn::RestartEnds { cause: Cause::Signal, outcome, took }
    }

    #[test]
    fn a_restart_ends_when_its_child_serves() {
        let serving = |generation| Event::Serving { generation, version: None };
        let turns = turns_of([started(1), serving(1), restarting(), started(2), serving(2)]);
        let begun = Turn::RestartBegins(Cause::Signal);
        assert_eq!(turns, [begun, ended(RestartOutcome::Served, 2)]);
    }

    #[test]
    fn a_failure_is_told_by_what_came_before() {
        let spawn_failed =
            || Event::SpawnFailed { generation: 2, transient: true, reason: reason() };
        let killed = |reason| Event::Killed { generation: 2, reason };
        let outcome = |events: Vec<Event>| match turns_of(events).last() {
            Some(Turn::RestartEnds { outcome, .. }) => *outcome,
            other => panic!("no end: {other:?}"),
        };
        let late = killed(KillReason::NotReady { lacks: None });
        assert_eq!(outcome(vec![restarting(), late, failed(None)]), RestartOutcome::Late);
        let unsuitable = killed(KillReason::OtherProtocol);
        assert_eq!(
            outcome(vec![restarting(), unsuitable, failed(None)]),
            RestartOutcome::Unsuitable
        );
        let not_started = vec![restarting(), spawn_failed(), failed(None)];
        assert_eq!(outcome(not_started), RestartOutcome::NotStarted);
        // The next attempt could be started.
        let crashed = vec![restarting(), spawn_failed(), started(3), failed(Some(End::Exited(1)))];
        assert_eq!(outcome(crashed), RestartOutcome::Crashed);
        assert_eq!(outcome(vec![restarting(), Event::Stopping]), RestartOutcome::Stopped);
    }

    #[test]
    fn a_restart_that_is_not_decided_is_overtaken_by_the_next_one() {
        let turns = turns_of([restarting(), restarting(), failed(Some(End::Exited(1)))]);
        assert_eq!(turns[1], ended(RestartOutcome::Overtaken, 1));
        assert_eq!(turns[3], ended(RestartOutcome::Crashed, 1));
        // Nothing is under way any more.
        assert_eq!(turns_of([failed(None)]), []);
    }

    #[test]
    fn an_upgrade_ends_with_the_decision_about_its_own_executable() {
        let installed = Event::Installed { id: id() };
        let committed = Event::Committed { id: id(), version: None };
        let other = "00".repeat(20).parse().unwrap();
        let rolled_back =
            |refused| Event::RolledBack { refused, version: None, reason: RollbackReason::ByHand };
        let begun = Turn::UpgradeBegins(id());
        let ends = |outcome| [begun, Turn::UpgradeEnds(outcome)];
        let turns = turns_of([installed.clone(), rolled_back(other), committed]);
        assert_eq!(turns, ends(UpgradeOutcome::Committed));
        let turns = turns_of([installed.clone(), installed.clone(), rolled_back(id())]);
        assert_eq!(turns, ends(UpgradeOutcome::RolledBack));
        let turns = turns_of([installed.clone(), Event::Shelved { id: id() }]);
        assert_eq!(turns, ends(UpgradeOutcome::Shelved));
        let turns = turns_of([installed.clone(), Event::Installed { id: other }]);
        assert_eq!(
            turns[1..],
            [Turn::UpgradeEnds(UpgradeOutcome::Overtaken), Turn::UpgradeBegins(other)]
        );
        let turns = turns_of([installed, Event::Stopping]);
        assert_eq!(turns, ends(UpgradeOutcome::Undecided));
    }
}
