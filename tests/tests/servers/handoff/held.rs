//! Tests that a signal is delivered once, at whichever system call it arrives of a process that executes the new file in
//! its own place.

use super::moment::{Moment, coordinator};
use super::{Server, children_of, has_ended, send};
use nix::sys::signal::Signal;
use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_for, wait_until};
use std::fs;
use std::os::unix::process::ExitStatusExt;

/// What is sent to the process meanwhile, whose other threads go on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sent {
    Hooks,
    Again,
    Quit,
    Terminate,
}

const ALL: [Sent; 4] = [Sent::Hooks, Sent::Again, Sent::Quit, Sent::Terminate];

/// The thread that executes the new file is stopped at its call of this number after its helper is ready. Returns whether that was before the new
/// file was executed.
#[track_caller]
fn is_delivered_once(sent: Sent, number: usize) -> bool {
    let sandbox = Sandbox::new(&format!("handoff-held-{sent:?}-at-{number}"));
    let gate = Gate::closed(&sandbox, "gate-2");
    let mut server = Server::start(&sandbox, "double std");
    let pid = server.serves;
    server.signal(Signal::SIGUSR2);
    let helper = wait_for("the helper", PATIENCE, || children_of(pid).pop());
    let moment = Moment::of(&sandbox, coordinator(pid), number);
    drop(gate.open());
    let returned = |server: &Server| {
        let lines = server.process.lines();
        lines.iter().any(|line| *line == format!("#3 pid={pid} serves"))
    };
    wait_until("it to be stopped, or to have returned", PATIENCE, || {
        moment.reached().is_some() || returned(&server)
    });
    let variables = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let was_before = !String::from_utf8_lossy(&variables).contains("SELFUP_GENERATION=3");
    let signals: &[Signal] = match sent {
        Sent::Hooks => &[Signal::SIGHUP, Signal::SIGUSR1],
        Sent::Again => &[Signal::SIGUSR2],
        Sent::Quit => &[Signal::SIGQUIT],
        Sent::Terminate => &[Signal::SIGTERM],
    };
    for signal in signals {
        send(pid, *signal);
    }
    moment.go_on();
    match sent {
        Sent::Hooks => {
            server.wait_next();
            server.process.wait_line("hangup", PATIENCE);
            server.process.wait_line("user1", PATIENCE);
            server.stop();
        }
        Sent::Again => {
            server.wait_next_two();
            server.stop();
        }
        Sent::Quit | Sent::Terminate => {
            wait_until("the process to end", PATIENCE, || has_ended(pid));
            wait_until("its helper to end", PATIENCE, || has_ended(helper));
        }
    }
    let status = server.process.wait(PATIENCE);
    match sent {
        Sent::Terminate => assert_eq!(status.signal(), Some(libc::SIGTERM), "{status}"),
        _ => assert!(status.success(), "{status}"),
    }
    let lines = server.process.lines();
    let count = |what: &str| lines.iter().filter(|line| line.as_str() == what).count();
    let hooks = usize::from(sent == Sent::Hooks);
    assert_eq!((count("hangup"), count("user1")), (hooks, hooks), "{lines:?}");
    sandbox.finish();
    was_before
}

#[test]
fn a_signal_is_delivered_once_wherever_it_meets_the_process_that_comes_back() {
    is_delivered_once_at_every(7, 0);
}

#[test]
#[ignore = "takes minutes"]
fn a_signal_is_delivered_once_at_each_call_of_the_process_that_comes_back() {
    (0..ALL.len()).for_each(|first| is_delivered_once_at_every(1, first));
}

#[track_caller]
fn is_delivered_once_at_every(step: usize, first: usize) {
    let mut before = 0;
    for (number, sent) in (1..).step_by(step).zip(ALL.into_iter().cycle().skip(first)) {
        if !is_delivered_once(sent, number) {
            break;
        }
        before += 1;
    }
    assert!(before >= 2 * ALL.len(), "{before}");
}
