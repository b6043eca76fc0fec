//! Performs the actions that the lifecycle decides on.

use selfup_channel::FromMaster;
use selfup_fds::FdSet;
use selfup_install::Id;
use selfup_lifecycle::{Action, Generation, Input, Note, Program};
use selfup_signals::{Pid, Signal};

use super::Master;
use crate::{
    attempt::Attempt,
    children::Running,
    event::Event,
    executable::{Executable, identify},
    inbox::Message,
    pid_file::PidFile,
    warning::Warning,
    why::Reason,
};

impl Master {
    /// Performs an action. What follows from that becomes an input of the lifecycle.
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Spawn(generation, program) => self.spawn(generation, program),
            Action::Promote(generation) => self.promote(generation),
            Action::Drain(generation) => self.drain(generation),
            Action::Hasten(generation) => self.hasten(generation),
            Action::Send(generation, arrived) => self.send(generation, arrived),
            Action::Continue(generation) => self.resume(generation),
            Action::Kill(generation, overdue) => self.kill(generation, overdue),
            Action::StopSelf(arrived) => self.stop_self(arrived),
            Action::Commit => self.commit(),
            Action::RollBack(blame) => self.roll_back(blame),
            Action::Shelve => self.shelve(),
            Action::FallBack(end) => self.fall_back(end),
            Action::Excuse => {
                if let Err(error) = self.upgrades.excuse() {
                    self.could_not(Attempt::Excuse, &error);
                }
            }
            Action::CloseSockets => {
                self.socket_files = std::mem::replace(&mut self.fds, FdSet::new()).close();
            }
            Action::EndLike(end) => {
                self.upgrades.abandon();
                if let Err(error) = self.socket_files.unlink() {
                    self.could_not(Attempt::CleanUp, &error);
                }
                if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::remove) {
                    self.could_not(Attempt::RemovePidFile, &error);
                }
                self.end = Some(end);
            }
            Action::Report(note) => self.report_note(note),
            Action::Answer(ticket, answer) => self.answer(ticket, answer),
        }
    }

    fn spawn(&mut self, generation: Generation, program: Program) {
        self.rebind_missing();
        if let Some(committed) = self.upgrades.commit_again() {
            self.committed(committed);
        }
        let executable = self.upgrades.executable(program, &self.recipe.path);
        match self.children.start(generation, &executable, &self.recipe, &self.fds) {
            Ok(pid) => {
                self.report(Event::Started { generation: generation.number(), pid });
            }
            Err(error) => {
                let (transient, reason) = (error.is_transient(), Reason::of(&error));
                let failed = generation.number();
                self.report(Event::SpawnFailed { generation: failed, transient, reason });
                self.inputs.push_back(Input::SpawnFailed { generation, transient });
            }
        }
    }

    /// Binds Unix sockets anew whose files were removed: the next child could not be reached by them.
    fn rebind_missing(&mut self) {
        for (name, bound) in self.fds.rebind_missing() {
            match bound {
                Ok(()) => self.report(Event::Warning(Warning::Rebound { name })),
                Err(error) => self.could_not(Attempt::Rebind { name }, &error),
            }
        }
    }

    /// Makes a child the active one, and does what has to wait until a child serves.
    fn promote(&mut self, generation: Generation) {
        let Some(pid) = self.pid(generation) else { return };
        let version = self.children.find(generation).and_then(|child| child.version.clone());
        if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write) {
            self.report(Event::Warning(Warning::pid_file(&error)));
        }
        crate::sys::memory::release_code();
        if let Err(error) = self.upgrades.child_serves(pid, version.clone(), &self.sender) {
            self.could_not(Attempt::StartFetching, &error);
        }
        if !self.upgrades.has_undecided() {
            self.trust_as(generation);
        }
        if let Err(error) = self.look_at_executable(generation, pid, version.clone()) {
            self.could_not(Attempt::Identify, &error);
        }
        self.report(Event::Serving { generation: generation.number(), version });
    }

    /// Has the executable of a child identified, if it is another one than before, or if the service
    /// manager's status line lacks its id.
    fn look_at_executable(
        &mut self,
        generation: Generation,
        pid: Pid,
        version: Option<String>,
    ) -> std::io::Result<()> {
        let Some(now) = Executable::of(pid, version) else { return Ok(()) };
        let to_read = now.clone();
        let before = self.executable.replace(now).filter(|before| !before.is_same(&to_read));
        let status = self.reporter.status_line();
        if before.is_some() {
            status.forget_id();
        }
        let is_asked_for = self.manager.is_there() && !status.knows_the_id();
        if before.is_none() && !is_asked_for {
            return Ok(());
        }
        let sender = self.sender.clone();
        let deliver = move |identified| sender.send(Message::Identified(Box::new(identified)));
        identify(generation, to_read, before, self.recipe.path.clone(), deliver)
    }

    fn drain(&mut self, generation: Generation) {
        let Some(child) = self.children.find_mut(generation) else { return };
        if child.is_unreachable() {
            let pid = child.pid();
            self.send_own(generation, pid, Signal::TERM);
            let generation = generation.number();
            return self.report(Event::Warning(Warning::CannotHear { generation }));
        }
        match child.channel.send(&FromMaster::Drain) {
            Ok(()) => {
                child.drain_is_unsent = false;
                self.report(Event::Draining { generation: generation.number() });
            }
            // This is tried again in each turn.
            Err(_) if child.drain_is_unsent => {}
            Err(error) => {
                child.drain_is_unsent = true;
                self.could_not(Attempt::Drain { generation: generation.number() }, &error);
            }
        }
    }

    /// Sends the request to drain again to children whose channel was full.
    pub(super) fn drain_again(&mut self) {
        let unsent = self.children.iter().filter(|child| child.drain_is_unsent);
        let unsent: Vec<_> = unsent.map(|child| child.generation).collect();
        unsent.into_iter().for_each(|generation| self.drain(generation));
    }

    fn hasten(&mut self, generation: Generation) {
        let Some(child) = self.children.find(generation) else { return };
        if let Err(error) = child.channel.send(&FromMaster::End) {
            self.could_not(Attempt::Hasten { generation: generation.number() }, &error);
        }
    }

    fn report_note(&mut self, note: Note) {
        let event = match note {
            Note::Restarting(cause) => Event::Restarting { cause },
            Note::RestartWaits(cause) => Event::RestartWaits { cause },
            Note::RestartIgnored(cause) => Event::RestartIgnored { cause },
            Note::RestartOutdated(generation) => {
                Event::RestartOutdated { generation: generation.number() }
            }
            Note::AssumedReady(generation) => {
                let lacks = self.lacks(generation);
                Event::AssumedReady { generation: generation.number(), lacks }
            }
            Note::CandidateFailed(generation, end) => Event::CandidateFailed {
                generation: generation.number(),
                end,
                still_serving: self.lifecycle.active().is_some(),
            },
            Note::ActiveLost(generation, end) => {
                Event::Warning(Warning::ActiveLost { generation: generation.number(), end })
            }
            Note::ProbationFailed(generation, end) => {
                Event::Warning(Warning::ProbationFailed { generation: generation.number(), end })
            }
            Note::Revived(generation, end) => {
                Event::Warning(Warning::Revived { generation: generation.number(), end })
            }
            Note::Respawned(generation, end, pause) => {
                Event::Warning(Warning::Respawned { generation: generation.number(), end, pause })
            }
            Note::SignalWaits(arrived) => Event::SignalWaits { signal: arrived.signal() },
            Note::Stopping => Event::Stopping,
        };
        self.report(event);
    }

    /// Returns what a child waits for before it is ready, if it has reported that.
    pub(super) fn lacks(&self, generation: Generation) -> Option<String> {
        self.children.find(generation)?.lacks.clone()
    }

    pub(super) fn is_unreachable(&self, generation: Generation) -> bool {
        self.children.find(generation).is_some_and(Running::is_unreachable)
    }

    pub(super) fn pid(&self, generation: Generation) -> Option<Pid> {
        self.children.find(generation).map(Running::pid)
    }

    /// Reports that a report to the service manager has failed.
    pub(super) fn warn_about_manager(&mut self, failed: Option<std::io::Error>) {
        if let Some(error) = failed {
            self.could_not(Attempt::ReportToManager, &error);
        }
    }

    pub(super) fn could_not(
        &mut self,
        attempt: Attempt,
        error: &(dyn std::error::Error + 'static),
    ) {
        self.report(Event::Warning(Warning::could_not(attempt, error)));
    }

    /// An executable is on trial that no event has announced.
    pub(super) fn trial_begins(&mut self, id: Id) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        self.reporter.observe(|observer| observer.trial_begins(id));
        #[cfg(not(any(feature = "tracing", feature = "metrics")))]
        let _unseen = id;
    }

    pub(super) fn report(&mut self, event: Event) {
        self.reporter.report(event);
    }
}
