//! What operators ask for, and when it is decided.

use super::Step;
use crate::{
    action::Action,
    answer::{Answer, Failure, Stage, Waiting},
    asking::{Ask, Ticket, Until},
    generation::Generation,
    input::Cause,
    lifecycle::{Phase, Upgrade},
    restarts::Restarts,
};

impl Step<'_> {
    pub(super) fn asked(&mut self, ticket: Ticket, ask: Ask) {
        match ask {
            Ask::Restart(until) => self.asked_for_a_restart(ticket, until),
            Ask::Upgrade(until) => self.asked_for_an_upgrade(ticket, until),
            Ask::Stop(until) => self.asked_to_stop(ticket, until),
        }
    }

    /// A restart that an operator asks for never shuts the service down.
    fn asked_for_a_restart(&mut self, ticket: Ticket, until: Until) {
        if self.life.phase != Phase::Serving {
            return self.answer(ticket, Answer::Stopping);
        }
        if self.life.policy.restarts == Restarts::Never {
            return self.answer(ticket, Answer::NoRestarts);
        }
        let before = self.actions.len();
        self.restart(Cause::Control);
        match until {
            // A report says that it waits.
            Until::Accepted => {
                let waits = self.actions.len() > before;
                self.answer(ticket, Answer::Accepted { waits });
            }
            Until::Done | Until::Committed => {
                self.life.waiting.push(Waiting { ticket, stage: Stage::Queued, until });
            }
        }
    }

    /// The executable has been installed, and a restart may have begun for that.
    fn asked_for_an_upgrade(&mut self, ticket: Ticket, until: Until) {
        if self.life.phase == Phase::Serving && self.life.policy.restarts == Restarts::Never {
            return self.answer(ticket, Answer::WaitsForAStart);
        }
        let stage = match self.life.upgrade {
            Upgrade::Starting => Stage::Starting,
            Upgrade::Probation { .. } => Stage::Probation,
            Upgrade::Installed if self.life.queued.is_some() => Stage::Queued,
            Upgrade::None | Upgrade::Installed => return self.asked_for_a_restart(ticket, until),
        };
        let answer = match (self.life.phase, until, stage) {
            (Phase::Stopping { .. } | Phase::Ended, _, _) => Answer::Stopping,
            (Phase::Serving, Until::Accepted, _) => Answer::Accepted { waits: false },
            (Phase::Serving, Until::Done, Stage::Probation) => match self.life.active() {
                Some(generation) => Answer::Serving { generation, on_probation: true },
                None => Answer::Accepted { waits: true },
            },
            (Phase::Serving, Until::Done | Until::Committed, stage) => {
                return self.life.waiting.push(Waiting { ticket, stage, until });
            }
        };
        self.answer(ticket, answer);
    }

    fn asked_to_stop(&mut self, ticket: Ticket, until: Until) {
        if self.life.phase == Phase::Serving {
            self.drain_all();
        }
        match until {
            Until::Accepted => self.answer(ticket, Answer::Accepted { waits: false }),
            Until::Done | Until::Committed => {
                self.life.waiting.push(Waiting { ticket, stage: Stage::Stopping, until });
            }
        }
    }

    pub(super) fn forgotten(&mut self, ticket: Ticket) {
        self.life.waiting.retain(|waiting| waiting.ticket != ticket);
    }

    pub(super) fn restart_begins(&mut self) {
        self.advance(Stage::Queued, Stage::Starting);
    }

    /// The end of the candidate proves nothing, so the restart is queued once more.
    pub(super) fn restart_begins_again(&mut self) {
        self.advance(Stage::Starting, Stage::Queued);
    }

    fn advance(&mut self, from: Stage, to: Stage) {
        let waiting = self.life.waiting.iter_mut().filter(|waiting| waiting.stage == from);
        waiting.for_each(|waiting| waiting.stage = to);
    }

    /// A restart has failed, or the upgrade that it brought. If the executable is not on trial any more,
    /// that concerns those that wait for its commit, too.
    pub(super) fn restart_failed(&mut self, failure: Failure) {
        let ends_trial = matches!(self.life.upgrade, Upgrade::None | Upgrade::Starting);
        for waiting in &mut self.life.waiting {
            match waiting.stage {
                Stage::Starting => waiting.stage = Stage::Failed(failure),
                Stage::Probation if ends_trial => waiting.stage = Stage::Failed(failure),
                _ => {}
            }
        }
    }

    /// What is on trial will not be committed, though no child may run it at the moment.
    pub(super) fn commit_is_off(&mut self, failure: Failure) {
        let waiting = self.life.waiting.iter_mut().filter(|it| it.stage == Stage::Probation);
        waiting.for_each(|waiting| waiting.stage = Stage::Failed(failure));
    }

    /// A candidate has taken over.
    pub(super) fn serves(&mut self, generation: Generation) {
        let on_probation = matches!(self.life.upgrade, Upgrade::Probation { .. });
        let answer = Answer::Serving { generation, on_probation };
        if on_probation {
            for waiting in &mut self.life.waiting {
                if waiting.stage == Stage::Starting && waiting.until == Until::Committed {
                    waiting.stage = Stage::Probation;
                }
            }
        }
        self.answer_all(Stage::Starting, answer);
    }

    pub(super) fn committed(&mut self) {
        self.answer_all(Stage::Probation, Answer::Committed);
    }

    fn answer_all(&mut self, stage: Stage, answer: Answer) {
        for waiting in std::mem::take(&mut self.life.waiting) {
            if waiting.stage == stage {
                self.answer(waiting.ticket, answer);
            } else {
                self.life.waiting.push(waiting);
            }
        }
    }

    /// Answers at the end of a step, when it is known which child serves instead of one that failed.
    pub(super) fn answer_what_is_decided(&mut self) {
        let (serving, phase) = (self.life.active(), self.life.phase);
        for waiting in std::mem::take(&mut self.life.waiting) {
            let answer = match (phase, waiting.stage) {
                (Phase::Serving, Stage::Failed(failure)) if serving.is_some() => {
                    Some(Answer::Failed { failure, serving })
                }
                (Phase::Serving, _) => None,
                (_, Stage::Failed(failure)) => Some(Answer::Failed { failure, serving: None }),
                (Phase::Stopping { .. }, Stage::Stopping) => None,
                (Phase::Ended, Stage::Stopping) => self.how_it_ends().map(Answer::Stopped),
                (_, _) => Some(Answer::Stopping),
            };
            match answer {
                Some(answer) => self.answer(waiting.ticket, answer),
                None => self.life.waiting.push(waiting),
            }
        }
    }

    fn how_it_ends(&self) -> Option<selfup_signals::End> {
        self.actions.iter().find_map(|action| match action {
            Action::EndLike(end) => Some(*end),
            _ => None,
        })
    }

    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.act(Action::Answer(ticket, answer));
    }
}
