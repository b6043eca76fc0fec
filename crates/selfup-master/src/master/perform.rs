//! Performs the actions that the lifecycle decides on.

use selfup_channel::FromMaster;
use selfup_fds::FdSet;
use selfup_lifecycle::{Action, Generation, Input, Note, Program};
use selfup_signals::{Pid, Signal};

use super::Master;
use crate::{
    children::Running,
    error::Chain,
    event::Event,
    executable::{Executable, identify},
    inbox::Message,
    pid_file::PidFile,
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
                    self.warn("could not note that an upgrade is not to blame", &error);
                }
            }
            Action::CloseSockets => {
                self.socket_files = std::mem::replace(&mut self.fds, FdSet::new()).close();
            }
            Action::EndLike(end) => {
                self.upgrades.abandon();
                if let Err(error) = self.socket_files.unlink() {
                    self.warn("could not clean up", &error);
                }
                if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::remove) {
                    self.warn("could not remove the pid file", &error);
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
                let (transient, reason) = (error.is_transient(), Chain(&error).to_string());
                self.report(Event::SpawnFailed { generation: generation.number(), reason });
                self.inputs.push_back(Input::SpawnFailed { generation, transient });
            }
        }
    }

    /// Binds Unix sockets anew whose files were removed: the next child could not be reached by them.
    fn rebind_missing(&mut self) {
        for (name, bound) in self.fds.rebind_missing() {
            match bound {
                Ok(()) => self.report(Event::Warning {
                    reason: format!("bound the socket {name:?} anew: its file had been removed"),
                }),
                Err(error) => {
                    self.warn(&format!("could not bind the socket {name:?} anew"), &error);
                }
            }
        }
    }

    /// Makes a child the active one, and does what has to wait until a child serves.
    fn promote(&mut self, generation: Generation) {
        let Some(pid) = self.pid(generation) else { return };
        let version = self.children.find(generation).and_then(|child| child.version.clone());
        if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write) {
            self.report(Event::Warning { reason: Chain(&error).to_string() });
        }
        crate::sys::memory::release_code();
        if let Err(error) = self.upgrades.child_serves(pid, version.clone(), &self.sender) {
            self.warn("could not start the thread that fetches", &error);
        }
        if !self.upgrades.has_undecided() {
            self.trust_as(generation);
        }
        if let Err(error) = self.look_at_executable(generation, pid, version.clone()) {
            self.warn("could not look at the executable of the child that serves", &error);
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
            let reason = format!(
                "child {generation} cannot hear that it is to drain, since its control channel is \
                 closed (has it executed another program?); sent it SIGTERM"
            );
            self.send_own(generation, pid, Signal::TERM);
            return self.report(Event::Warning { reason });
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
                let what = format!("could not have child {generation} drain yet");
                self.warn(&what, &error);
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
            self.warn(&format!("could not have child {generation} end at once"), &error);
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
            Note::ActiveLost(generation, end) => Event::Warning {
                reason: format!(
                    "child {generation} {end} while its successor was starting; waiting for that one"
                ),
            },
            Note::ProbationFailed(generation, end) => Event::Warning {
                reason: format!("child {generation} {end} soon after the upgrade"),
            },
            Note::Revived(generation, end) => Event::Warning {
                reason: format!(
                    "child {generation} {end} soon after it took over; starting another in its place"
                ),
            },
            Note::Respawned(generation, end, pause) => Event::Warning {
                reason: format!(
                    "child {generation} {end}; starting another in its place in {} s",
                    pause.as_secs_f64()
                ),
            },
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
            self.warn("could not report to the service manager", &error);
        }
    }

    pub(super) fn warn(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        self.report(Event::Warning { reason: format!("{what}: {}", Chain(error)) });
    }

    pub(super) fn report(&mut self, event: Event) {
        self.reporter.report(&event);
    }
}
