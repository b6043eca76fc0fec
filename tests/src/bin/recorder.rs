//! A program that prints which signals it gets, and their senders.
//!
//! - `restart=SIGNAL` is the restart signal, `no-restart` allows none, `drain-on-terminate` has
//!   SIGTERM drain, `terminate=MILLISECONDS` is the terminate timeout.
//! - `by-default` leaves open what SIGTERM does. `asks-first` has it ask for the signal to drain before
//!   it catches signals, `never-asks` has it never ask.
//! - `kill-group` has it lead a process group of its own.
//! - `plain` catches no signal at all, `stops` does not catch those of job control.
//! - `leaves` has it leave the process group of its master.
//! - `hold` ignores a request to finish; by default it returns, with `code=N` or 0.
//! - `ready-timeout=MILLISECONDS` is the ready timeout, `exec-file=PATH` is run as the child instead.
//! - `thread` has another thread run before there is a master; `slow-events=MILLISECONDS` is how long
//!   the hook for events takes each time.
//! - `floods` has it say its status again and again; `executes=PROGRAM` has it become that program
//!   once it is ready.
//!
//! The Nth generation waits at `gate-N` before it catches anything or is ready. `SIGRTMAX` with a
//! value ends it with that exit code.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "the test looks at what it does"
)]

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, setpgid};
use selfup::{
    Config, GracefulShutdown, Readiness, Restarts, Signal, State, UpgradePolicy, Verbosity,
};
use selfup_signals::{Origin, Received, Receiver};
use selfup_tests::gate;
use selfup_tests::subject::{given, option};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    let mut config = Config::new(program)
        .readiness(Readiness::Explicit)
        .kill_group(given("kill-group"))
        // However soon after a restart a child ends, its end is the master's.
        .probation(Duration::ZERO)
        .verbosity(Verbosity::Debug);
    if !given("by-default") {
        config = config.drain_on_terminate(given("drain-on-terminate"));
    }
    if given("no-restart") {
        config = config.restarts(Restarts::Never);
    }
    if let Some(signal) = option("restart") {
        config = config.restart_signal(signal);
    }
    if let Some(milliseconds) = option("terminate") {
        config = config.terminate_timeout(Duration::from_millis(milliseconds));
    }
    if let Some(milliseconds) = option("ready-timeout") {
        config = config.ready_timeout(Duration::from_millis(milliseconds));
    }
    if let Some(path) = option::<String>("exec-file") {
        config = config.upgrade_policy(UpgradePolicy::new().exec_file(path));
    }
    if let Some(milliseconds) = option("slow-events") {
        config =
            config.on_event(move |_| thread::park_timeout(Duration::from_millis(milliseconds)));
    }
    if given("thread") {
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
    }
    selfup::run(config)
}

fn program(state: State) -> ExitCode {
    let me = format!("#{}", state.generation());
    if given("leaves") {
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).unwrap();
    }
    println!("{me} runs as {} under {}", process::id(), parent_id());
    gate::pass(&format!("gate-{}", state.generation()));
    let early = given("asks-first").then(|| state.graceful_shutdown());
    let mut signals = Receiver::new(caught()).unwrap();
    let drain = (!given("never-asks")).then(|| early.unwrap_or_else(|| state.graceful_shutdown()));
    state.ready();
    if let Some(program) = option::<String>("executes") {
        let mut words = program.split(' ');
        panic!("{}", process::Command::new(words.next().unwrap()).args(words).exec());
    }
    let state = Arc::new(state);
    if given("floods") {
        let state = Arc::clone(&state);
        thread::spawn(move || {
            for number in 0_u64.. {
                state.status(&format!("number {number}"));
            }
        });
    }
    let mut draining = false;
    loop {
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        if let Some(drain) = drain.as_ref().filter(|_| !draining) {
            fds.push(PollFd::new(drain.fd().unwrap(), PollFlags::POLLIN));
        }
        // Interrupted is as good as readable.
        let _ = poll(&mut fds, PollTimeout::NONE);
        // Asked for before the signals are: what was sent before is then recorded, too.
        let told_to_finish = !draining && drain.as_ref().is_some_and(GracefulShutdown::requested);
        for received in signals.pending() {
            if let Some(code) = asked_to_end(received) {
                return ExitCode::from(code);
            }
            println!("{me} {}", words(received));
        }
        if told_to_finish {
            draining = true;
            println!("{me} drains");
            if !given("hold") {
                return ExitCode::from(option("code").unwrap_or(0));
            }
        }
    }
}

fn caught() -> Vec<Signal> {
    let job_control = [Signal::TSTP, Signal::TTIN, Signal::TTOU];
    Signal::forwardable()
        .chain([Signal::CHLD, Signal::PIPE, Signal::URG])
        .filter(|signal| !given("plain") && (!given("stops") || !job_control.contains(signal)))
        .collect()
}

fn asked_to_end(received: Received) -> Option<u8> {
    match received.origin {
        Origin::Queued { value, .. } if received.signal.as_raw() == libc::SIGRTMAX() => {
            Some(u8::try_from(value.as_int()).unwrap())
        }
        _ => None,
    }
}

fn words(received: Received) -> String {
    let signal = received.signal;
    let sender = |pid: Option<selfup_signals::Pid>| pid.map_or(0, selfup_signals::Pid::as_raw);
    match received.origin {
        Origin::Kernel => format!("{signal} from the kernel"),
        Origin::Process { pid, .. } => format!("{signal} from {}", sender(pid)),
        Origin::Queued { pid, value, .. } => {
            format!("{signal} with {} from {}", value.as_int(), sender(pid))
        }
        other => format!("{signal} from {other:?}"),
    }
}
