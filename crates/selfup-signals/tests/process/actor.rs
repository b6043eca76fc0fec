//! The processes that are tested.

use std::io::{self, BufRead, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_signals::{
    Blocked, End, Origin, Pid, Receiver, Signal, queue, reset_on_exec, send, stop_self, unignore,
};

pub(crate) fn play(arguments: &[String]) {
    // A test that fails, or hangs, leaves no process behind.
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).unwrap();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["record"] => record(),
        ["late"] => late(),
        ["flood"] => flood(),
        ["drop"] => drop_under_fire(),
        ["left"] => left(),
        ["alarm"] => alarm(),
        ["start", ref command @ ..] => start(command),
        ["start-receiving", ref command @ ..] => start_receiving(command),
        ["early", how] => early(how == "blocked"),
        ["wrapper", ref command @ ..] => {
            super::wrapper::run(command.iter().map(Into::into).collect()).unwrap();
        }
        ["mirror", raw] => End::from(ExitStatus::from_raw(raw.parse().unwrap())).mirror(),
        ["mirror-hard", raw] => mirror_hard(raw.parse().unwrap()),
        ["stop", signal] => stop(signal.parse().unwrap()),
        ["hold"] => super::held::hold(),
        ["held", received] => super::held::held(received.parse().unwrap()),
        ref unknown => panic!("no such actor: {unknown:?}"),
    }
}

fn say(line: &str) {
    println!("{line}");
    io::stdout().flush().unwrap();
}

fn everything() -> impl Iterator<Item = Signal> {
    Signal::forwardable().chain([Signal::CHLD, Signal::PIPE, Signal::URG])
}

fn is_readable(receiver: &Receiver) -> bool {
    poll(&mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO) == Ok(1)
}

/// Prints each signal until its input ends.
fn record() {
    let receiver = Receiver::new(everything()).unwrap();
    say("ready");
    record_from(receiver);
}

fn record_from(mut receiver: Receiver) {
    let stdin = io::stdin();
    loop {
        let mut fds = [
            PollFd::new(receiver.as_fd(), PollFlags::POLLIN),
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
        ];
        let _ = poll(&mut fds, PollTimeout::NONE);
        let ended = fds[1].any().unwrap_or_default();
        for received in receiver.pending() {
            say(&format!("{} {:?}", received.signal, received.origin));
        }
        assert!(!is_readable(&receiver) || !ended, "everything was taken");
        if ended {
            return;
        }
    }
}

/// Blocks at once, and receives only on command.
fn late() {
    let blocked = Blocked::all().unwrap();
    say("ready");
    io::stdin().lock().read_line(&mut String::new()).unwrap();
    let mut receiver = Receiver::new(everything()).unwrap();
    assert_eq!(receiver.pending().count(), 0, "the guard still holds");
    drop(blocked);
    record_from(receiver);
}

/// Sends itself more than the pipe holds.
fn flood() {
    let mut receiver = Receiver::new(everything()).unwrap();
    for _ in 0..5_000 {
        send(Pid::this(), Signal::USR1).unwrap();
    }
    // Single-threaded, so each handler has run when `send` returns.
    for signal in everything().chain(everything()) {
        send(Pid::this(), signal).unwrap();
    }
    assert!(is_readable(&receiver));
    let all: Vec<_> = receiver.pending().collect();
    assert!(!is_readable(&receiver));
    let from = |origin| all.iter().filter(move |received| received.origin == origin);
    let uid = nix::unistd::getuid().as_raw();
    let known = from(Origin::Process { pid: Some(Pid::this()), uid });
    let held = known.inspect(|received| assert_eq!(received.signal, Signal::USR1)).count();
    assert!((1_000..5_000).contains(&held), "the pipe held {held}");
    let mut overflown: Vec<_> = from(Origin::Unknown).map(|received| received.signal).collect();
    let mut every: Vec<_> = everything().collect();
    overflown.sort_unstable();
    every.sort_unstable();
    assert_eq!(overflown, every, "each kind once");
    assert_eq!(held + overflown.len(), all.len());

    // And it works as before.
    queue(Pid::this(), Signal::real_time(0).unwrap(), 1.into()).unwrap();
    assert_eq!(receiver.pending().count(), 1);
}

/// Drops many receivers while another process sends signals.
fn drop_under_fire() {
    let first = Receiver::new(everything()).unwrap();
    say("ready");
    drop(first);
    for _ in 0..500 {
        let receiver = Receiver::new(everything()).unwrap();
        say("receiving");
        drop(receiver);
    }
    say("over");
    // The sender is not to find this process gone.
    io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// Takes signals one at a time, dropping the iterator after each.
fn left() {
    let mut receiver = Receiver::new(everything()).unwrap();
    for _ in 0..5_000 {
        send(Pid::this(), Signal::USR1).unwrap();
    }
    for signal in everything() {
        send(Pid::this(), signal).unwrap();
    }
    let mut overflown = 0;
    while is_readable(&receiver) {
        let received = receiver.pending().next();
        overflown += usize::from(received.is_some_and(|it| it.origin == Origin::Unknown));
    }
    assert_eq!(overflown, everything().count(), "what is left keeps it readable");
    assert_eq!(receiver.pending().next(), None);
}

/// Prints what the kernel sends by itself.
fn alarm() {
    let mut receiver = Receiver::new([Signal::ALRM]).unwrap();
    nix::unistd::alarm::set(1);
    let _ = poll(&mut [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE);
    for received in receiver.pending() {
        say(&format!("{} {:?}", received.signal, received.origin));
    }
}

/// Runs a command with fresh signal settings.
fn start(command: &[&str]) {
    // Else the kernel would throw the child's end away.
    unignore(Signal::CHLD).unwrap();
    let mut child = Command::new(command[0]);
    let status = reset_on_exec(child.args(&command[1..])).status().unwrap();
    assert!(status.success());
}

/// The same while receiving and blocking.
fn start_receiving(command: &[&str]) {
    let receiver = Receiver::new(everything()).unwrap();
    let blocked = Blocked::all().unwrap();
    say(&format!("catches SIGHUP: {}", receiver.catches(Signal::HUP)));
    send(Pid::this(), Signal::HUP).unwrap();
    start(command);
    drop(blocked);
}

/// Starts a child that gets a signal before it executes anything, while the parent's handlers are
/// installed in it; prints the child's end and what the parent received.
fn early(blocked: bool) {
    let mut receiver = Receiver::new([Signal::USR1]).unwrap();
    let mut command = Command::new("true");
    let signalled = || send(Pid::this(), Signal::USR1).map_err(io::Error::other);
    #[allow(unsafe_code, reason = "the moment under test cannot be had otherwise")]
    // SAFETY: kill(2) and getpid(2) only.
    unsafe {
        command.pre_exec(signalled);
    }
    reset_on_exec(&mut command);
    let guard = blocked.then(|| Blocked::all().unwrap());
    // Killed before exec, or not: `spawn` only sees the end of a pipe in both cases.
    let status = command.spawn().unwrap().wait().unwrap();
    drop(guard);
    say(&End::from(status).to_string());
    say(&format!("{} received", receiver.pending().count()));
}

/// Mirrors with the signal handled and blocked and core files allowed.
fn mirror_hard(raw: i32) {
    let other = Signal::USR2;
    let receiver = Receiver::new(everything().filter(|signal| *signal != other)).unwrap();
    let _blocked = Blocked::all().unwrap();
    // Pending and deadly, and yet not what it is to die of.
    send(Pid::this(), other).unwrap();
    drop(receiver);
    End::from(ExitStatus::from_raw(raw)).mirror()
}

fn stop(signal: Signal) {
    let mut receiver = Receiver::new([Signal::TSTP, Signal::CONT]).unwrap();
    say("stopping");
    stop_self(signal).unwrap();
    let conts = receiver.pending().filter(|received| received.signal == Signal::CONT).count();
    say(&format!("continued {conts}"));
    // The handler is back.
    send(Pid::this(), Signal::TSTP).unwrap();
    say(&format!("received {}", receiver.pending().count()));
}
