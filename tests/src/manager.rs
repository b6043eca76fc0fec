//! Runs real process managers, each with one service, `app`, in a sandbox.

mod runit;
mod s6;
mod supervisord;

pub use runit::Runit;
pub use s6::S6;
pub use supervisord::Supervisord;

use crate::sandbox::{PATIENCE, Process, Sandbox, wait_until};
use selfup_signals::{End, Signal};
use std::fmt::Debug;
use std::process::Command;

/// What a test asks of a manager, which does it in its own way.
pub trait Manager: Debug + Sized {
    /// Whether everything that the manager needs is here; if not, this test is noted as left out.
    fn available() -> bool;

    /// Starts the manager, which starts the service with this command line.
    fn start(sandbox: &Sandbox, command: &str) -> Self;

    /// The manager's own process.
    fn process(&self) -> &Process;

    /// The parent process of the service.
    fn parent(&self) -> u32;

    /// The service's process, as the manager reports it; none if it does not run.
    fn pid(&self) -> Option<u32>;

    /// Sends the restart signal.
    fn restart(&self);

    /// Asks the manager to stop the service, and does not wait for that.
    fn stop(&self);

    /// Whether the manager says that the service is down because it is to be.
    fn is_stopped(&self) -> bool;

    /// How the service has ended each time, as the manager has recorded it.
    fn ends(&self) -> Vec<End>;

    /// All that the service has printed.
    fn output(&self) -> String;

    /// The signal that ends the manager, with its service.
    fn last_signal() -> Signal;

    /// Waits until the service runs, and returns its process.
    #[track_caller]
    fn wait_pid(&self) -> u32 {
        let mut pid = None;
        wait_until("the service to run", PATIENCE, || {
            pid = self.pid();
            pid.is_some()
        });
        pid.unwrap()
    }

    /// Waits until the service has printed this.
    #[track_caller]
    fn wait_output(&self, text: &str) {
        wait_until(&format!("“{text}”"), PATIENCE, || self.output().contains(text));
    }

    /// Ends the manager.
    #[track_caller]
    fn end(self) {
        self.process().signal(Self::last_signal().as_raw());
        self.process().wait(PATIENCE);
    }
}

/// The output of a command of the manager.
///
/// # Panics
///
/// If it fails.
#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}\n{error}", output.status);
    text
}

/// Those lines of the `finish` scripts of the pages, with `killed` for the code after a signal.
fn ends_by_finish(lines: &[String], killed: i32) -> Vec<End> {
    let end = |line: &String| {
        let (code, signal) = line.strip_prefix("app has ended: code ")?.split_once(", signal ")?;
        let (code, signal) = (code.parse::<i32>().ok()?, signal.parse::<i32>().ok()?);
        Some(match Signal::from_raw(signal) {
            Some(signal) if code == killed => End::Signaled { signal, core_dumped: false },
            _ => End::Exited(code),
        })
    };
    lines.iter().filter_map(end).collect()
}
