//! A started program: its lines become events, and it is ended with all that it started.

use super::event::Event;
use nix::sys::signal::{Signal as Number, killpg};
use nix::unistd::Pid as Group;
use selfup_signals::{End, Pid, Signal, send};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use xtask_support::command::{Failure, Result};

/// Killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    waited: bool,
}

impl Process {
    /// Starts it in a process group of its own: a terminal's Ctrl-C shall reach the demo alone,
    /// which then ends the program in its own way.
    #[expect(clippy::disallowed_methods, reason = "the one place where the demo starts programs")]
    pub(super) fn start(mut command: Command, events: Sender<Event>) -> Result<Self> {
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            let name = command.get_program().display();
            Failure::new(format!("{name} could not be started: {error}"))
        })?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        thread::spawn(move || {
            thread::scope(|scope| {
                scope.spawn(|| read(err, &events, Event::Err));
                read(out, &events, Event::Out);
            });
            // No one receives it when the demo is over.
            events.send(Event::Ended).ok();
        });
        Ok(Self { child, waited: false })
    }

    /// Sends a signal to the program itself.
    pub(super) fn signal(&self, signal: Signal) {
        // It may have ended just now, which the next event reports.
        send(Pid::from(&self.child), signal).ok();
    }

    /// Returns how it ended. Call this after [`Event::Ended`].
    pub(super) fn wait(&mut self) -> Result<End> {
        self.waited = true;
        let status = self.child.wait();
        status.map(End::from).map_err(|error| Failure::new(format!("cannot wait for it: {error}")))
    }

    fn kill(&mut self) {
        // The process has not been waited for yet, so that the number is still that of this group.
        if let (false, Ok(number)) = (self.waited, i32::try_from(self.child.id())) {
            killpg(Group::from_raw(number), Number::SIGKILL).ok();
            self.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(stream: Option<impl Read>, events: &Sender<Event>, event: fn(String) -> Event) {
    for line in stream.into_iter().flat_map(|stream| BufReader::new(stream).split(b'\n')) {
        let Ok(line) = line else { return };
        events.send(event(String::from_utf8_lossy(&line).into_owned())).ok();
    }
}
