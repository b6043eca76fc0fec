//! Checks before a restart whether the executable was rolled back or replaced by hand.

use selfup_lifecycle::{Ask, Cause, Input};

use super::Master;
use crate::{
    attempt::Attempt, children::Running, event::Event, reason::RollbackReason,
    upgrades::look::Looked,
};

impl Master {
    /// Lets an input through, unless it requests a restart: that waits until it is known what is at the
    /// path.
    pub(super) fn look_first(&mut self, input: Input) -> Option<Input> {
        if !self.requests_restart(input) {
            return Some(input);
        }
        if self.upgrades.is_rolled_back() {
            self.handle(Input::RolledBack);
            return Some(input);
        }
        if !self.wants_restart.is_empty() {
            // The latest request wins, but each operator gets an answer.
            self.wants_restart.retain(|input| matches!(input, Input::Asked(..)));
            self.wants_restart.push(input);
            return None;
        }
        let serving = self.lifecycle.active().and_then(|active| self.children.find(active));
        let Some(serving) = serving.map(Running::pid) else { return Some(input) };
        match self.upgrades.look(&self.recipe.path, serving, &self.sender) {
            Ok(true) => {
                self.wants_restart.push(input);
                None
            }
            Ok(false) => Some(input),
            Err(error) => {
                self.could_not(Attempt::LookAtPath, &error);
                Some(input)
            }
        }
    }

    fn requests_restart(&self, input: Input) -> bool {
        self.lifecycle.may_start_another()
            && match input {
                Input::Restart(_)
                | Input::AskedToRestart(_)
                | Input::Asked(_, Ask::Restart(_) | Ask::Upgrade(_)) => true,
                Input::Signal(arrived) => self.lifecycle.is_restart_signal(arrived.signal()),
                _ => false,
            }
    }

    /// Another process has put a new executable at the path.
    pub(super) fn try_what_is_at_the_path(&mut self) {
        if !self.lifecycle.waits_after_fetch() {
            self.inputs.push_back(Input::Restart(Cause::Upgrade));
        }
    }

    /// It is known now what is at the path. The restart that waited for it follows.
    pub(super) fn looked(&mut self, looked: Looked) {
        let restarts = std::mem::take(&mut self.wants_restart);
        match looked {
            Looked::Same => {}
            // The child that serves is about to be replaced for it, and it is reported.
            Looked::RolledBack { refused } if self.rolled_back == Some(refused) => {}
            Looked::RolledBack { refused } => {
                let reason = RollbackReason::ByHand;
                self.rolled_back = Some(refused);
                self.upgrades.rolled_back_by_hand(refused);
                let version = self.executable.as_ref().and_then(|it| it.version.clone());
                self.report(Event::RolledBack { refused, version, reason });
            }
            // Another executable is on trial already. The one at the path has to wait.
            Looked::Another(_) if self.upgrades.has_undecided() => {}
            Looked::Another(undecided) => {
                // It may be the one that was rolled back before.
                self.rolled_back = None;
                self.trial_begins(undecided.id());
                self.upgrades.found(undecided);
                self.trial = Some(self.lifecycle.next_generation());
                self.handle(Input::Replaced);
            }
            Looked::NoWayBack(error) => {
                self.could_not(Attempt::KeepPrevious, &error);
            }
        }
        for restart in restarts {
            self.handle(restart);
        }
    }
}
