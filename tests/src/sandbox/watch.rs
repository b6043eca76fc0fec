//! Ends a wait early if a program that the test has started ends by itself meanwhile.

use super::process::Running;
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// What follows from the end of a program, a file that it leaves or a child that another adopts, is
/// there by then.
const AFTERMATH: Duration = Duration::from_secs(10);

thread_local! {
    /// The programs of the test that runs on this thread.
    static STARTED: RefCell<Vec<Weak<Running>>> = const { RefCell::new(Vec::new()) };
}

/// Registers a program: waits on this thread check from now on whether it has ended.
pub(super) fn add(running: &Arc<Running>) {
    STARTED.with_borrow_mut(|started| started.push(Arc::downgrade(running)));
}

/// The programs that run while a test waits.
pub(super) struct Watch {
    running: Vec<Arc<Running>>,
    ended: Option<(Instant, String)>,
    aftermath: Duration,
}

impl Watch {
    pub(super) fn begin() -> Self {
        let mut running = STARTED.with_borrow_mut(|started| {
            started.retain(|running| running.strong_count() > 0);
            started.iter().filter_map(Weak::upgrade).collect::<Vec<_>>()
        });
        running.retain(|running| !running.has_ended());
        Self { running, ended: None, aftermath: AFTERMATH }
    }

    /// The end of a program to which no signal was sent, once it is clear that what is waited for does
    /// not follow from that.
    pub(super) fn lost(&mut self) -> Option<&str> {
        if self.ended.is_none() {
            let ended = self.running.iter().find(|it| !it.was_signalled() && it.has_ended())?;
            self.ended = Some((Instant::now(), ended.to_string()));
        }
        let (since, end) = self.ended.as_ref()?;
        (since.elapsed() > self.aftermath).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{PATIENCE, Sandbox, wait_until};
    use std::process::Command;

    #[test]
    fn the_end_of_a_program_is_the_end_of_a_wait() {
        let sandbox = Sandbox::new("lost");
        let mut command = Command::new("sh");
        command.args(["-c", "read line; exit 3"]);
        // It runs until it reads a line.
        let (process, terminal) = sandbox.start_on_terminal(command);
        let mut watch = Watch { aftermath: Duration::ZERO, ..Watch::begin() };
        assert_eq!(watch.lost(), None);
        terminal.press(b"\n");
        wait_until("its end to be seen", PATIENCE, || watch.lost().is_some());
        assert!(watch.lost().unwrap().contains("exit status: 3"), "{:?}", watch.lost());
        assert_eq!(
            Watch::begin().running.len(),
            0,
            "a process that has ended before is not missed"
        );
        process.wait_all_lines(PATIENCE);
        sandbox.finish();
    }

    #[test]
    fn a_process_that_is_asked_to_end_may_do_so() {
        let sandbox = Sandbox::new("signalled");
        let mut command = Command::new("sleep");
        command.arg("1000");
        let process = sandbox.start(command);
        let mut watch = Watch { aftermath: Duration::ZERO, ..Watch::begin() };
        process.signal(libc::SIGTERM);
        process.wait(PATIENCE);
        assert_eq!(watch.lost(), None);
        sandbox.finish();
    }
}
