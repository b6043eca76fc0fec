use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{Blocked, Receiver, Signal};

use crate::subject::{Subject, actor};

pub(crate) const TESTS: &[crate::Test] =
    &[("no_signal_is_lost_when_another_program_is_executed", no_signal_is_lost)];

/// A real-time signal queues, so that each one counts.
fn counted() -> Signal {
    Signal::real_time(0).unwrap()
}

/// So many are sent, and so many of them before the other program is executed at the earliest.
const SENT: usize = 1_000;
const BEFORE: usize = 100;

fn no_signal_is_lost() {
    for _ in 0..20 {
        let mut subject = Subject::ready(&mut actor(&["hold"]));
        for number in 0..SENT {
            subject.queue(counted(), number as i32);
        }
        let before: usize =
            subject.line().strip_prefix("executes after ").unwrap().parse().unwrap();
        subject.write("all were sent\n");
        let (lines, status) = subject.finish();
        assert!(status.success());
        assert_eq!(lines, [format!("{SENT} received")], "{before} of them before");
    }
}

/// Receives some in threads of several kinds, and executes `held` in its own place while more arrive.
pub(crate) fn hold() {
    let (never, forever) = std::sync::mpsc::channel::<()>();
    thread::spawn(move || forever.recv());
    thread::spawn(|| {
        loop {
            std::hint::spin_loop();
        }
    });
    thread::spawn(|| {
        loop {
            // It cannot be started while this process becomes another one.
            drop(thread::Builder::new().spawn(|| {}).map(JoinHandle::join));
        }
    });
    thread::spawn(|| {
        let _blocked = Blocked::all().unwrap();
        loop {
            thread::park();
        }
    });
    thread::spawn(|| {
        loop {
            drop(Blocked::all().unwrap());
        }
    });
    let mut receiver = Receiver::new([counted()]).unwrap();
    say("ready");
    let mut received = 0;
    while received < BEFORE {
        let _ = poll(&mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
        received += receiver.pending().count();
    }
    let _blocked = Blocked::all().unwrap();
    while !receiver.hold().unwrap() {
        thread::park_timeout(Duration::from_millis(1));
    }
    say(&format!("executes after {received}"));
    receiver.put_back();
    let error = actor(&["held", &received.to_string()]).exec();
    drop(never);
    panic!("{error}");
}

/// The program that is executed: gets what is pending, once all were sent.
pub(crate) fn held(mut received: usize) {
    let mut receiver = Receiver::new([counted()]).unwrap();
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(receiver.pending().count(), 0, "the mask has come along");
    Blocked::all().unwrap().lift();
    received += receiver.pending().count();
    say(&format!("{received} received"));
}

fn say(line: &str) {
    println!("{line}");
    io::stdout().flush().unwrap();
}
