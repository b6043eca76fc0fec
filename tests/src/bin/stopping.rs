//! `stopping THREAD NUMBER`: stops a thread of another process at the entry of its system call of this number, counted from
//! 1 when `traced` is printed. It prints `stopped after` and the numbers of the calls that the thread has completed since,
//! waits at the gate `go-on`, and lets the thread go on. If that has ended before, it prints `ended after` and the same.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test looks at what it does")]

use nix::sys::ptrace::{self, Event, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use selfup_tests::gate;
use std::{env, fs};

fn main() {
    let numbers: Vec<i32> = env::args().skip(1).map(|number| number.parse().unwrap()).collect();
    let (mut thread, number) = (Pid::from_raw(numbers[0]), numbers[1]);
    let process = process_of(thread);
    ptrace::seize(thread, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEEXEC).unwrap();
    ptrace::interrupt(thread).unwrap();
    waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
    println!("traced");
    let mut completed = Vec::new();
    let mut entered = None;
    let mut signal = None;
    let mut count = 0;
    loop {
        // One that was killed meanwhile is waited for.
        let _gone = ptrace::syscall(thread, signal.take());
        // It has another number when it has executed another file: it is the first thread then.
        let status = waitpid(None, Some(WaitPidFlag::__WALL));
        thread = status.ok().and_then(|status| status.pid()).unwrap_or(thread);
        match status {
            Ok(WaitStatus::PtraceSyscall(_)) => match entered.take() {
                Some(call) => completed.push(call),
                None => {
                    count += 1;
                    if count == number {
                        println!("stopped after{}", listed(&completed));
                        gate::pass("go-on");
                        let _gone = ptrace::detach(thread, None);
                        return;
                    }
                    entered = Some(call_of(process, thread));
                }
            },
            Ok(WaitStatus::PtraceEvent(_, _, event))
                if event == Event::PTRACE_EVENT_EXEC as i32 => {}
            Ok(WaitStatus::Stopped(_, other)) => signal = Some(other),
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => break,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    println!("ended after{}", listed(&completed));
}

fn listed(calls: &[String]) -> String {
    calls.iter().map(|call| format!(" {call}")).collect()
}

fn process_of(thread: Pid) -> Pid {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:")).unwrap();
    Pid::from_raw(line.trim().parse().unwrap())
}

/// The number of the call that a stopped thread is about to make.
fn call_of(process: Pid, thread: Pid) -> String {
    let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/syscall"));
    text.unwrap_or_default().split(' ').next().unwrap().to_owned()
}
