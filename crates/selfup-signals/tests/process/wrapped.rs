use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::wait::WaitPidFlag;
use selfup_signals::{Pid, Signal, send};

use crate::receive::{queued_by, sent_by};
use crate::stop::await_change;
use crate::subject::{Subject, actor, in_terminal};

pub(crate) const TESTS: &[crate::Test] = &[
    ("every_signal_reaches_the_wrapped_child_once", every_forwardable),
    ("signals_blocked_by_the_wrappers_parent_reach_the_wrapped_child", blocked),
    ("queued_values_reach_the_wrapped_child_in_order", queued),
    ("ctrl_c_reaches_the_wrapped_child_once", terminal),
    ("a_stop_of_the_wrapper_stops_both_until_continued", stopped),
    ("ctrl_z_and_fg_work_on_a_wrapped_child", job),
];

/// A recorder inside a wrapper.
fn wrapped_recorder() -> Command {
    let recorder = actor(&["record"]);
    let mut wrapped = actor(&["wrapper"]);
    wrapped.arg(recorder.get_program()).args(recorder.get_args());
    wrapped
}

fn every_forwardable() {
    let mut subject = Subject::ready(&mut wrapped_recorder());
    for signal in Signal::forwardable() {
        subject.send(signal);
        assert_eq!(subject.line(), sent_by(subject.pid(), signal));
    }
    let (rest, status) = subject.finish();
    assert_eq!(rest, [""; 0], "each once");
    assert!(status.success());
}

/// A mask survives exec, so a wrapper can be born deaf.
fn blocked() {
    let wrapper = wrapped_recorder();
    let mut command = Command::new("env");
    command.arg("--block-signal").arg(wrapper.get_program()).args(wrapper.get_args());
    let mut subject = Subject::ready(&mut command);
    for signal in [Signal::TERM, Signal::USR2].into_iter().chain(Signal::real_time(0)) {
        subject.send(signal);
        assert_eq!(subject.line(), sent_by(subject.pid(), signal));
    }
    assert!(subject.finish().1.success());
}

fn queued() {
    let mut subject = Subject::ready(&mut wrapped_recorder());
    let wrapper = subject.pid();
    let signal = Signal::real_time(5).unwrap();
    for value in 0..1_000 {
        subject.queue(signal, value);
    }
    for value in 0..1_000 {
        assert_eq!(subject.line(), queued_by(wrapper, signal, value));
    }
    let (rest, _) = subject.finish();
    assert_eq!(rest, [""; 0]);
}

fn terminal() {
    let wrapper = wrapped_recorder();
    // The outer shell stays, because `script` stops when what it started does.
    let outer = "bash -c \"$0\" \"$@\"; exit $?";
    let inner = "echo $$; exec \"$0\" \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", outer, inner]).arg(wrapper.get_program()).args(wrapper.get_args());
    let mut subject = Subject::start(&mut in_terminal(&command));
    let wrapper = Pid::new(subject.line().parse().unwrap()).unwrap();
    assert_eq!(subject.line(), "ready");
    // Held up until the child has its Ctrl-C: a copy sent sooner would merge with it.
    send(wrapper, Signal::STOP).unwrap();
    subject.write("\x03");
    assert_eq!(subject.line().trim_start_matches("^C"), "SIGINT Kernel");
    send(wrapper, Signal::CONT).unwrap();
    // What the wrapper got meanwhile comes first.
    assert_eq!(subject.line(), sent_by(wrapper, Signal::CONT), "once");
    subject.write("\x04");
    let (rest, status) = subject.finish();
    assert_eq!(rest.concat(), "", "once");
    assert!(status.success());
}

fn stopped() {
    // In a group of its own, whose parent is outside it: else the kernel takes it for orphaned and
    // discards the stop.
    let mut subject = Subject::start(actor(&["wrapper", "cat"]).process_group(0));
    subject.write("one\n");
    assert_eq!(subject.line(), "one");
    subject.send(Signal::TSTP);
    await_change(subject.pid(), WaitPidFlag::WSTOPPED);
    subject.send(Signal::CONT);
    subject.write("two\n");
    assert_eq!(subject.line(), "two", "the child goes on too");
    assert!(subject.finish().1.success());
}

fn job() {
    let wrapper = actor(&["wrapper", "sh", "-c", "echo ready; read word; echo got $word; exit 3"]);
    let script = "set -m; \"$@\"; echo stopped; fg >/dev/null; echo ended $?";
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).arg(wrapper.get_program()).args(wrapper.get_args());
    let mut subject = Subject::ready(&mut in_terminal(&command));
    subject.write("\x1a");
    // Between these, bash reports on the job in words of its own.
    while subject.line() != "stopped" {}
    subject.write("hello\n");
    while subject.line() != "got hello" {}
    assert_eq!(subject.line(), "ended 3");
    subject.finish();
}
