//! Does what the lifecycle decides.

use std::time::Instant;

use selfup_channel::FromMaster;
use selfup_fds::FdSet;
use selfup_lifecycle::{
    Action, Arrived, Blame, Event, Generation, Note, Overdue, Program, Unsuitable,
};
use selfup_signals::{ErrorKind, Pid, Signal};

use super::Master;
use crate::{
    children,
    error::Chain,
    event::Event as Told,
    executable::{Executable, identify},
    pid_file::PidFile,
    process_group as group,
    reason::{KillReason, RollbackReason},
    upgrades::{Commit, GoneBack},
};

impl Master {
    /// Does what an action says. What follows from doing it comes back as an event.
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
            Action::RollBack(blame) => self.revert(blame),
            Action::Shelve => self.shelve(),
            Action::Excuse => {
                if let Err(error) = self.upgrades.excuse() {
                    self.trouble("could not note that an upgrade is not to blame", &error);
                }
            }
            Action::CloseSockets => {
                self.socket_files = std::mem::replace(&mut self.fds, FdSet::new()).close();
            }
            Action::EndLike(end) => {
                self.upgrades.abandon();
                if let Err(error) = self.socket_files.unlink() {
                    self.trouble("could not clean up", &error);
                }
                if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::remove) {
                    self.trouble("could not remove the pid file", &error);
                }
                self.end = Some(end);
            }
            Action::Report(note) => self.note(note),
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
                self.tell(Told::Started { generation: generation.number(), pid });
            }
            Err(error) => {
                let (passing, reason) = (error.is_transient(), Chain(&error).to_string());
                self.tell(Told::SpawnFailed { generation: generation.number(), reason });
                self.events.push_back(Event::SpawnFailed { generation, passing });
            }
        }
    }

    /// A Unix socket whose file was removed is of no use to the next child.
    fn rebind_missing(&mut self) {
        for (name, bound) in self.fds.rebind_missing() {
            match bound {
                Ok(()) => self.tell(Told::Warning {
                    reason: format!("bound the socket {name:?} anew: its file had been removed"),
                }),
                Err(error) => {
                    self.trouble(&format!("could not bind the socket {name:?} anew"), &error);
                }
            }
        }
    }

    fn drain(&mut self, generation: Generation) {
        let Some(child) = self.children.find_mut(generation) else { return };
        if child.hears_nothing() {
            let pid = child.pid();
            let reason = format!(
                "child {generation} cannot hear that it is to drain, since its control channel is \
                 closed (has it executed another program?); sent it SIGTERM"
            );
            self.send_own(generation, pid, Signal::TERM);
            return self.tell(Told::Warning { reason });
        }
        match child.channel.send(&FromMaster::Drain) {
            Ok(()) => {
                child.drain_is_unsent = false;
                self.tell(Told::Draining { generation: generation.number() });
            }
            // Tried again in each turn.
            Err(_) if child.drain_is_unsent => {}
            Err(error) => {
                child.drain_is_unsent = true;
                let what = format!("could not have child {generation} drain yet");
                self.trouble(&what, &error);
            }
        }
    }

    /// Tries again what did not fit into the channel of a child, which does not read at the moment.
    pub(super) fn drain_again(&mut self) {
        let unsent = self.children.iter().filter(|child| child.drain_is_unsent);
        let unsent: Vec<_> = unsent.map(|child| child.generation).collect();
        unsent.into_iter().for_each(|generation| self.drain(generation));
    }

    fn hasten(&mut self, generation: Generation) {
        let Some(child) = self.children.find(generation) else { return };
        if let Err(error) = child.channel.send(&FromMaster::End) {
            self.trouble(&format!("could not have child {generation} end at once"), &error);
        }
    }

    fn send(&mut self, generation: Generation, arrived: Arrived) {
        let Some(pid) = self.pid(generation) else { return };
        if arrived.group_has_it && group::shares_the_group(pid) {
            return;
        }
        let sent = if arrived.group_has_it && self.recipe.kill_group {
            // As the kernel has it for the group in the foreground, in which a child is not.
            group::send(pid, arrived.signal())
        } else {
            selfup_signals::forward(pid, &arrived.received)
        };
        match sent {
            Ok(()) => self.tell(Told::Forwarded {
                generation: generation.number(),
                signal: arrived.signal(),
            }),
            // Its end is about to be noticed.
            Err(error) if error.kind() == ErrorKind::Gone => {}
            Err(error) => {
                self.trouble(&format!("could not pass a signal on to child {generation}"), &error);
            }
        }
    }

    fn resume(&mut self, generation: Generation) {
        let Some(pid) = self.pid(generation) else { return };
        // What stopped the group is undone for the group; what was passed on is undone here, also
        // for a child that has not come to stop yet.
        if self.group_was_stopped && self.recipe.kill_group {
            // It was passed on to the whole group of the child.
            let _sent = group::send(pid, Signal::CONT);
        } else if !self.group_was_stopped || selfup_signals::is_stopped(pid).unwrap_or(false) {
            self.send_own(generation, pid, Signal::CONT);
        }
    }

    fn kill(&mut self, generation: Generation, overdue: Overdue) {
        let Some(pid) = self.pid(generation) else { return };
        let hears_nothing = self.hears_nothing(generation);
        if self.recipe.kill_group {
            // The child is told of below; the others are, when it is reaped, if they are there then.
            let _sent = group::send(pid, Signal::KILL);
        }
        self.send_own(generation, pid, Signal::KILL);
        let reason = match overdue {
            Overdue::Ready => KillReason::NotReady { lacks: self.lacks(generation) },
            Overdue::Exit => KillReason::NotEnded { channel_closed: hears_nothing },
            Overdue::Unsuitable(Unsuitable::Protocol) => KillReason::OtherProtocol,
            Overdue::Unsuitable(Unsuitable::Sockets) => KillReason::MissingSocket,
            Overdue::RolledBack => KillReason::RolledBack,
        };
        self.tell(Told::Killed { generation: generation.number(), reason });
    }

    fn send_own(&mut self, generation: Generation, pid: Pid, signal: Signal) {
        if let Err(error) = selfup_signals::send(pid, signal) {
            self.trouble(&format!("could not send {signal} to child {generation}"), &error);
        }
    }

    /// Stops with the children. The SIGCONT that ends it is not one for the program: they are
    /// continued as well.
    fn stop_self(&mut self, arrived: Arrived) {
        let stopped = Instant::now();
        self.group_was_stopped = arrived.group_has_it;
        if let Err(error) = selfup_signals::stop_self(arrived.signal()) {
            self.trouble("could not stop", &error);
        }
        self.unread.extend(self.signals.pending());
        let cont = self.unread.iter().position(|received| received.signal == Signal::CONT);
        if let Some(cont) = cont {
            self.unread.remove(cont);
            self.events.push_back(Event::Resumed(stopped.elapsed()));
        }
    }

    fn commit(&mut self) {
        let Some(committed) = self.upgrades.commit() else { return };
        self.committed(committed);
        if self.upgrades.is_behind() {
            let reason = "the new release is kept, and this master goes on verifying releases with the \
                          keys of the one that it was started from; start the service anew once the \
                          keys have changed";
            self.tell(Told::Warning { reason: reason.to_owned() });
        }
    }

    fn committed(&mut self, committed: Commit) {
        match committed {
            Commit::Kept(id, warning) => {
                let version = self.version_on_trial();
                self.tell(Told::Committed { id, version });
                if let Some(error) = warning {
                    self.trouble("the new executable is kept, but", &error);
                }
            }
            Commit::NotYet(error) => self.trouble(
                "could not put the new executable at its path, which is tried again at the next \
                 restart",
                &error,
            ),
            Commit::Over(error) => {
                self.trouble("the new executable runs, and is not kept", &error);
            }
        }
    }

    fn revert(&mut self, blame: Blame) {
        let reason = match blame {
            Blame::NotReady(end) => RollbackReason::NotReady(end),
            Blame::Probation(end) => RollbackReason::Probation(end),
            Blame::ByHand => RollbackReason::ByHand,
        };
        let gone_back = match blame {
            Blame::ByHand => self.upgrades.roll_back(),
            Blame::NotReady(_) | Blame::Probation(_) => self.upgrades.revert(&reason.to_string()),
        };
        let Some(GoneBack { id, failed, stands, .. }) = gone_back else { return };
        if stands {
            let reason = format!(
                "gave up {id} here: {reason}; it stays at the path, where somebody else has put it"
            );
            return self.tell(Told::Warning { reason });
        }
        self.rolled_back = Some(id);
        let version = self.version_on_trial();
        self.tell(Told::RolledBack { refused: id, version, reason });
        if let Some(error) = failed {
            self.trouble("could not roll back to the previous executable", &error);
        }
    }

    /// The new executable was not tried, or could not show what it can do.
    fn shelve(&mut self) {
        if let Some(GoneBack { failed: Some(error), .. }) = self.upgrades.shelve() {
            self.trouble("could not go back to the proven executable", &error);
        }
    }

    /// What the executable that was just decided about says its version is, if it has come to say.
    fn version_on_trial(&mut self) -> Option<String> {
        let trial = self.trial.take()?;
        let newest = self.newest_version.as_ref().filter(|(generation, _)| *generation >= trial);
        newest.map(|(_, version)| version.clone())
    }

    fn note(&mut self, note: Note) {
        let told = match note {
            Note::Restarting(cause) => Told::Restarting { cause },
            Note::RestartWaits(cause) => Told::RestartWaits { cause },
            Note::RestartIgnored(cause) => Told::RestartIgnored { cause },
            Note::RestartOutdated(generation) => {
                Told::RestartOutdated { generation: generation.number() }
            }
            Note::AssumedReady(generation) => {
                let lacks = self.lacks(generation);
                Told::AssumedReady { generation: generation.number(), lacks }
            }
            Note::CandidateFailed(generation, end) => Told::CandidateFailed {
                generation: generation.number(),
                end,
                still_serving: self.lifecycle.active().is_some(),
            },
            Note::ActiveLost(generation, end) => Told::Warning {
                reason: format!(
                    "child {generation} {end} while its successor was starting; waiting for that one"
                ),
            },
            Note::ProbationFailed(generation, end) => {
                Told::Warning { reason: format!("child {generation} {end} soon after the upgrade") }
            }
            Note::Revived(generation, end) => Told::Warning {
                reason: format!(
                    "child {generation} {end} soon after it took over; starting another in its place"
                ),
            },
            Note::SignalWaits(arrived) => Told::SignalWaits { signal: arrived.signal() },
            Note::Stopping => Told::Stopping,
        };
        self.tell(told);
    }

    fn promote(&mut self, generation: Generation) {
        let Some(pid) = self.pid(generation) else { return };
        let version = self.children.find(generation).and_then(|child| child.version.clone());
        if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write) {
            self.tell(Told::Warning { reason: Chain(&error).to_string() });
        }
        crate::sys::memory::let_go_of_code();
        if let Err(error) = self.upgrades.serving(pid, version.clone(), &self.mailbox) {
            self.trouble("could not start the thread that fetches", &error);
        }
        if let Err(error) = self.look_at_executable(generation, pid, version.clone()) {
            self.trouble("could not look at the executable of the child that serves", &error);
        }
        self.tell(Told::Serving { generation: generation.number(), version });
    }

    /// What a child waits for before it is ready, if it has said.
    fn lacks(&self, generation: Generation) -> Option<String> {
        self.children.find(generation)?.lacks.clone()
    }

    /// The file is read if that is news: it is another than before, or the service manager, which is
    /// told, does not know it yet.
    fn look_at_executable(
        &mut self,
        generation: Generation,
        pid: Pid,
        version: Option<String>,
    ) -> std::io::Result<()> {
        let Some(now) = Executable::of(pid, version) else { return Ok(()) };
        let to_read = now.clone();
        let before = self.executable.replace(now).filter(|before| !before.is_same(&to_read));
        let summary = self.reporter.status_line();
        if before.is_some() {
            summary.another_executable();
        }
        let is_asked_for = self.manager.is_there() && !summary.knows_the_id();
        if before.is_none() && !is_asked_for {
            return Ok(());
        }
        identify(generation, to_read, before, self.recipe.path.clone(), &self.mailbox)
    }

    fn hears_nothing(&self, generation: Generation) -> bool {
        self.children.find(generation).is_some_and(children::Running::hears_nothing)
    }

    fn pid(&self, generation: Generation) -> Option<Pid> {
        self.children.find(generation).map(children::Running::pid)
    }

    /// What could not be told to the service manager is told here.
    pub(super) fn not_told(&mut self, failed: Option<std::io::Error>) {
        if let Some(error) = failed {
            self.trouble("could not tell the service manager how the service is", &error);
        }
    }

    pub(super) fn trouble(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        self.tell(Told::Warning { reason: format!("{what}: {}", Chain(error)) });
    }

    pub(super) fn tell(&mut self, event: Told) {
        self.reporter.tell(&event);
    }
}
