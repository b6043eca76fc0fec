//! Commits an upgrade, or returns to the proven executable.

use selfup_lifecycle::{Blame, Generation};
use selfup_signals::End;

use super::Master;
use crate::{
    attempt::Attempt,
    event::Event,
    reason::RollbackReason,
    upgrades::{Adopted, Commit, RolledBack},
    warning::Warning,
    why::Reason,
};

impl Master {
    pub(super) fn commit(&mut self) {
        let active = self.lifecycle.active().and_then(|active| self.children.find(active));
        let keys = active.map(|child| &*child.keys);
        let Some((committed, adopted)) = self.upgrades.commit(keys) else { return };
        self.committed(committed);
        self.report_keys(adopted);
    }

    /// Verifies releases with the keys that the program of a child trusts. It serves, and is not on
    /// trial.
    pub(super) fn trust_as(&mut self, generation: Generation) {
        let Some(child) = self.children.find(generation) else { return };
        let adopted = self.upgrades.adopt_keys(&child.keys);
        self.report_keys(adopted);
    }

    fn report_keys(&mut self, adopted: Adopted) {
        match adopted {
            Adopted::Same => {}
            Adopted::Others => self.report(Event::Warning(Warning::OtherKeys)),
            Adopted::Nothing => self.report(Event::Warning(Warning::NoKeys)),
        }
    }

    pub(super) fn committed(&mut self, committed: Commit) {
        match committed {
            Commit::Done(id, warning) => {
                let version = self.version_on_trial();
                self.report(Event::Committed { id, version });
                if let Some(error) = warning {
                    let reason = Reason::of(&error);
                    self.report(Event::Warning(Warning::CommittedBut { reason }));
                }
            }
            Commit::NotYet(error) => self.could_not(Attempt::PutInPlace, &error),
            Commit::Overruled(error) => {
                let reason = Reason::of(&error);
                self.report(Event::Warning(Warning::NotCommitted { reason }));
            }
        }
    }

    pub(super) fn roll_back(&mut self, blame: Blame) {
        let reason = match blame {
            Blame::NotReady(end) => RollbackReason::NotReady(end),
            Blame::Probation(end) => RollbackReason::Probation(end),
            Blame::ByHand => RollbackReason::ByHand,
        };
        let rolled_back = match blame {
            Blame::ByHand => self.upgrades.give_up(),
            Blame::NotReady(_) | Blame::Probation(_) => {
                self.upgrades.roll_back(&reason.to_string())
            }
        };
        let Some(RolledBack { id, failed, stands, .. }) = rolled_back else { return };
        if stands {
            return self.report(Event::Warning(Warning::StaysAtPath { id, reason }));
        }
        self.rolled_back = Some(id);
        let version = self.version_on_trial();
        self.report(Event::RolledBack { refused: id, version, reason });
        if let Some(error) = failed {
            self.could_not(Attempt::RollBack, &error);
        }
    }

    /// Returns to the proven executable without refusing the new one, which could not be tried.
    pub(super) fn shelve(&mut self) {
        let Some(RolledBack { id, failed, .. }) = self.upgrades.shelve() else { return };
        self.report(Event::Shelved { id });
        if let Some(error) = failed {
            self.could_not(Attempt::GoBack, &error);
        }
    }

    /// Puts the previous executable back. The next child shows whether it runs, and reports it then.
    pub(super) fn fall_back(&mut self, end: End) {
        let reason =
            format!("it was committed, and then its children kept ending: the last one {end}");
        if let Err(error) = self.upgrades.fall_back(&self.recipe.path, &reason) {
            self.could_not(Attempt::FallBack, &error);
        }
    }

    /// Returns the version of the executable that was just decided about, if a child has declared it.
    fn version_on_trial(&mut self) -> Option<String> {
        let trial = self.trial.take()?;
        let newest = self.newest_version.as_ref().filter(|(generation, _)| *generation >= trial);
        newest.map(|(_, version)| version.clone())
    }
}
