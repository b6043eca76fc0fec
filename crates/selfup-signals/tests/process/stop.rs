use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use selfup_signals::{End, ErrorKind, Pid, Signal, is_stopped, send};

use crate::subject::{Subject, actor, actor_under};

pub(crate) const TESTS: &[crate::Test] = &[
    ("a_stop_is_seen_and_nothing_is_reaped", seen),
    ("stop_self_returns_when_continued", stop_self),
    ("stop_self_returns_at_once_in_an_orphaned_group", stop_self_in_an_orphaned_group),
    ("the_gone_are_told_from_the_others", gone),
];

/// Waits for a change of state and leaves it to be waited for again.
pub(crate) fn await_change(pid: Pid, change: WaitPidFlag) {
    let id = Id::Pid(nix::unistd::Pid::from_raw(pid.as_raw()));
    waitid(id, change | WaitPidFlag::WNOWAIT).unwrap();
}

/// The same for the end. (nix's `waitid` gives an error, at the right moment, for a death by a
/// real-time signal.)
fn await_end(pid: Pid) {
    let id = Id::Pid(nix::unistd::Pid::from_raw(pid.as_raw()));
    let _ = waitid(id, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
}

fn seen() {
    seen_until_killed_by(Signal::TERM);
    seen_until_killed_by(Signal::real_time(2).unwrap());
}

fn seen_until_killed_by(signal: Signal) {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from(&child);
    assert!(!is_stopped(pid).unwrap());

    send(pid, Signal::STOP).unwrap();
    await_change(pid, WaitPidFlag::WSTOPPED);
    assert!(is_stopped(pid).unwrap());
    assert!(is_stopped(pid).unwrap(), "asking consumes nothing");

    send(pid, Signal::CONT).unwrap();
    await_change(pid, WaitPidFlag::WCONTINUED);
    assert!(!is_stopped(pid).unwrap());

    send(pid, signal).unwrap();
    await_end(pid);
    assert!(!is_stopped(pid).unwrap(), "dead is not stopped");
    let end = End::from(child.wait().unwrap());
    assert_eq!(end, End::Signaled { signal, core_dumped: false });
    assert_eq!(is_stopped(pid).unwrap_err().kind(), ErrorKind::NotAChild);
}

fn stop_self() {
    for signal in ["SIGSTOP", "SIGTSTP"] {
        // In a group of its own, whose parent in the same session could continue it.
        let mut subject = Subject::start(actor(&["stop", signal]).process_group(0));
        assert_eq!(subject.line(), "stopping");
        await_change(subject.pid(), WaitPidFlag::WSTOPPED);
        assert!(is_stopped(subject.pid()).unwrap());
        subject.send(Signal::CONT);
        assert_eq!(subject.line(), "continued 1");
        assert_eq!(subject.line(), "received 1");
        assert!(subject.finish().1.success());
    }
}

/// No process could continue it, so the kernel does not stop it.
fn stop_self_in_an_orphaned_group() {
    let mut subject = Subject::start(&mut actor_under(&["setsid"], &["stop", "SIGTSTP"]));
    assert_eq!(subject.line(), "stopping");
    assert_eq!(subject.line(), "continued 0");
    assert_eq!(subject.line(), "received 1");
    assert!(subject.finish().1.success());
}

fn gone() {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = Pid::from(&child);
    await_end(pid);
    send(pid, Signal::TERM).expect("ended, not yet waited for");
    child.wait().unwrap();
    let error = send(pid, Signal::TERM).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gone);
    assert_eq!(
        error.to_string(),
        format!("could not send SIGTERM to process {pid}: it no longer exists")
    );
    assert!(!error.is_transient());
}
