//! Performs what was decided.

use std::time::Instant;

use selfup_signals::{End, Pid, send};

use crate::{
    coordinator::Coordinator,
    decide::{Action, Input, Phase, Refusal, Why},
    error::{Error, ErrorKind, Result},
    event::Event,
};

impl Coordinator {
    pub(crate) fn decide(&mut self, input: Input) {
        for action in self.situation.step(input) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Report => {
                if let Some(predecessor) = &self.predecessor {
                    // One that cannot be reached is noticed when the channel is read.
                    let _sent = predecessor.send(&selfup_channel::FromChild::Ready);
                }
            }
            Action::Serve => {
                let told = self.manager.serve();
                self.warn_of(told);
                let begun = self.probation.begin();
                self.warn_of(begun);
            }
            Action::Start => self.start(),
            Action::Refuse(refusal) => self.reply(Err(refused(refusal))),
            Action::Commit => {
                self.probation.hand_over();
                // The end of the channel is the word for the successor.
                let pid = self.next.take().map_or(0, |next| next.pid());
                self.recipe.successor = Pid::new(pid);
                self.report(&Event::Replaced { pid: pid.unsigned_abs() });
                self.reply(Ok(()));
            }
            Action::Hand => {
                let pid = self.next.as_ref().map_or(0, |next| next.pid());
                if let Some(next) = &mut self.next {
                    next.executable = std::fs::File::open(format!("/proc/{pid}/exe")).ok();
                }
                self.report(&Event::Returning { pid: pid.unsigned_abs() });
                self.reply(Ok(()));
            }
            Action::End => {
                if let Some(next) = &mut self.next {
                    next.end();
                }
                // The process that comes back is told of a helper that is gone, too.
                if self.situation.phase != Phase::Draining(Why::Return) {
                    self.next = None;
                }
            }
            Action::Release => {
                if let Some(next) = self.next.take() {
                    next.release();
                    self.released = Some(next);
                }
            }
            Action::Fail => {
                if std::mem::take(&mut self.recipe.was_announced) {
                    let told = self.manager.hand_over(std::process::id());
                    self.warn_of(told);
                }
                let is_tried = self.recipe.failed.is_none();
                let error = self.recipe.why();
                let stops = self.situation.phase == Phase::Draining(Why::Stop);
                let why = error.to_string();
                let ended = self.probation.fails((is_tried && !stops).then_some(&*why));
                self.warn_of(ended);
                self.fail(error);
            }
            Action::PassOn => {
                if let Some(successor) = self.recipe.successor {
                    let _sent = send(successor, self.settings.upgrade_signal);
                }
            }
            Action::Drain => self.drain(),
            Action::Exit => {
                self.shelve();
                End::Exited(0).mirror();
            }
            Action::Die => {
                self.shelve();
                End::Signaled { signal: self.recipe.end_by, core_dumped: false }.mirror();
            }
        }
    }

    fn start(&mut self) {
        let upgrader = self.upgrader.clone();
        let allowed = self.settings.before_upgrade.as_mut().map_or(Ok(()), |hook| hook(&upgrader));
        let started = allowed
            .map_err(|error| {
                let what = "could not upgrade: the program refuses it";
                Error::new(ErrorKind::Refused, what).because(error)
            })
            .and_then(|()| {
                let deadline = Instant::now().checked_add(self.settings.ready_timeout);
                let trial = self.probation.executable();
                self.recipe.start(&upgrader, &self.manager, trial, deadline)
            });
        match started {
            Ok(next) => {
                let pid = next.pid().unsigned_abs();
                self.next = Some(next);
                self.report(&Event::Started { pid });
            }
            Err(error) => {
                self.recipe.failed = Some(error);
                self.decide(Input::SuccessorFailed);
            }
        }
    }

    fn drain(&mut self) {
        self.drain_ends = Instant::now().checked_add(self.settings.terminate_timeout);
        let stops = self.situation.phase == Phase::Draining(Why::Stop);
        if stops && self.predecessor.is_none() {
            let told = self.manager.stop();
            self.warn_of(told);
            self.shelve();
        }
        self.serving.drain();
        if self.situation.phase != Phase::Draining(Why::Return) {
            self.upgrader.descriptors().close();
        }
    }

    /// What is on trial has not failed when the service ends by order.
    fn shelve(&mut self) {
        if self.predecessor.is_none() {
            let shelved = self.probation.shelve();
            self.warn_of(shelved);
        }
    }

    fn fail(&mut self, error: Error) {
        let Some(caller) = self.caller.take() else {
            self.report(&Event::Failed(error));
            return;
        };
        let _heard = caller.send(Err(error));
    }

    fn reply(&mut self, result: Result<()>) {
        if let Some(caller) = self.caller.take() {
            // It may not wait any more.
            let _heard = caller.send(result);
        }
    }

    pub(crate) fn report(&mut self, event: &Event) {
        (self.settings.on_event)(event);
    }
}

fn refused(refusal: Refusal) -> Error {
    let (kind, what) = match refusal {
        Refusal::Busy => (ErrorKind::Busy, "another handoff is under way; try again later"),
        Refusal::NotReady => (ErrorKind::NotReady, "this process is not ready itself"),
        Refusal::Draining => (ErrorKind::Draining, "this process drains already"),
    };
    Error::new(kind, format!("could not upgrade: {what}"))
}
