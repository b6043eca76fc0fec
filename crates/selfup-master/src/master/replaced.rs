//! Before a restart: whether what is tried was rolled back, and whether somebody else has put another
//! executable at the path.

use selfup_lifecycle::{Cause, Event};

use super::Master;
use crate::{
    children::Running, error::Chain, event::Event as Told, reason::RollbackReason, upgrades::Looked,
};

impl Master {
    /// What asks for a restart waits until it is known what there is to start.
    pub(super) fn look_first(&mut self, event: Event) -> Option<Event> {
        if !self.asks_for_a_restart(event) {
            return Some(event);
        }
        if self.upgrades.is_rolled_back() {
            self.happens(Event::RolledBack);
            return Some(event);
        }
        if self.wants_restart.is_some() {
            // The latest request wins.
            self.wants_restart = Some(event);
            return None;
        }
        let serving = self.lifecycle.active().and_then(|active| self.children.find(active));
        let Some(serving) = serving.map(Running::pid) else { return Some(event) };
        match self.upgrades.look(&self.recipe.path, serving, &self.mailbox) {
            Ok(true) => {
                self.wants_restart = Some(event);
                None
            }
            Ok(false) => Some(event),
            Err(error) => {
                self.trouble("could not look at what is to be started", &error);
                Some(event)
            }
        }
    }

    fn asks_for_a_restart(&self, event: Event) -> bool {
        self.lifecycle.may_start_another()
            && match event {
                Event::Restart(_) | Event::AskedToRestart(_) => true,
                Event::Signal(arrived) => self.lifecycle.is_restart_signal(arrived.signal()),
                _ => false,
            }
    }

    /// Somebody else says that there is another executable at the path.
    pub(super) fn try_what_is_at_the_path(&mut self) {
        if !self.lifecycle.waits_after_fetch() {
            self.events.push_back(Event::Restart(Cause::Upgrade));
        }
    }

    /// It is known what is at the path.
    pub(super) fn hear_of_the_path(&mut self, looked: Looked) {
        let event = self.wants_restart.take();
        match looked {
            Looked::Same => {}
            Looked::RolledBack { refused } => {
                let reason = RollbackReason::ByHand;
                self.rolled_back = Some(refused);
                self.upgrades.rolled_back_by_hand(refused);
                let version = self.executable.as_ref().and_then(|it| it.version.clone());
                self.tell(Told::RolledBack { refused, version, reason });
            }
            // Another one came first; what is at the path has to wait.
            Looked::Another(_) if self.upgrades.has_undecided() => {}
            Looked::Another(undecided) => {
                self.upgrades.found(undecided);
                self.trial = Some(self.lifecycle.next_generation());
                self.happens(Event::Replaced);
            }
            Looked::NoWayBack(error) => {
                let reason = format!(
                    "could not keep the executable that runs, so there is no way back to it: {}",
                    Chain(&error)
                );
                self.tell(Told::Warning { reason });
            }
        }
        if let Some(event) = event {
            self.happens(event);
        }
    }
}
