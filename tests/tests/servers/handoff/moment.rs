//! Stops the thread that sees to handoffs at one of its system calls, to see what follows from what happens just then.

use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, wait_for};
use std::fs;
use std::process::Command;

/// The thread that sees to handoffs.
#[track_caller]
pub(super) fn coordinator(pid: u32) -> u32 {
    wait_for("the thread for handoffs", PATIENCE, || {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        let numbers = tasks.flatten().map(|task| task.file_name().into_string().unwrap());
        // Between fork and exec, the first thread has the name of the one that has forked it.
        let is_it = |task: &String| {
            *task != pid.to_string()
                && fs::read_to_string(format!("/proc/{pid}/task/{task}/comm"))
                    .is_ok_and(|name| name == "selfup-handoff\n")
        };
        numbers.into_iter().find(is_it)?.parse().ok()
    })
}

/// A thread that is to be stopped at a system call of its own.
pub(super) struct Moment {
    process: Process,
    gate: Gate,
}

impl Moment {
    /// At its call of this number, counted from now on.
    #[track_caller]
    pub(super) fn of(sandbox: &Sandbox, thread: u32, number: usize) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopping"));
        command.args([thread.to_string(), number.to_string()]).current_dir(sandbox.path());
        let gate = Gate::closed(sandbox, "go-on");
        let process = sandbox.start(command);
        process.wait_line("traced", PATIENCE);
        Self { process, gate }
    }

    /// The calls that it has completed, if it is stopped or has ended.
    pub(super) fn reached(&self) -> Option<Calls> {
        let lines = self.process.lines();
        let (how, calls) = lines.iter().find_map(|line| line.split_once(" after"))?;
        let completed = calls.split_whitespace().map(|call| call.parse().unwrap()).collect();
        Some(Calls { completed, has_ended: how == "ended" })
    }

    /// Lets it go on, and ends the tracing.
    #[track_caller]
    pub(super) fn go_on(self) {
        match self.reached() {
            Some(calls) if calls.has_ended => {}
            Some(_) => drop(self.gate.open()),
            // It may have ended in this moment.
            None => {
                let _end = self.process.signal_unless_ended(libc::SIGKILL);
            }
        }
        self.process.wait(PATIENCE);
    }
}

/// What a thread has done.
#[derive(Debug)]
pub(super) struct Calls {
    /// The numbers of the calls that it has completed.
    completed: Vec<i64>,
    /// Whether it was not stopped before it ended.
    has_ended: bool,
}

impl Calls {
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    pub(super) fn has_forked(&self) -> bool {
        let forks = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_vfork];
        self.completed.iter().any(|call| forks.contains(call))
    }

    /// Whether the thread runs another file by now.
    pub(super) fn has_executed(&self) -> bool {
        self.completed.contains(&libc::SYS_execve)
    }

    /// How many messages it has sent to the other process.
    pub(super) fn sent(&self) -> usize {
        self.completed
            .iter()
            .filter(|call| [libc::SYS_sendto, libc::SYS_sendmsg].contains(call))
            .count()
    }
}
