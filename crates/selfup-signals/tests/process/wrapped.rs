use selfup_signals::{Pid, Signal};

use crate::receive::{in_terminal, queued_by, sent_by};
use crate::subject::{Subject, actor};

pub(crate) const TESTS: &[crate::Test] = &[
    ("every_signal_reaches_the_wrapped_child_once", every_forwardable),
    ("queued_values_reach_the_wrapped_child_in_order", queued),
    ("ctrl_c_reaches_the_wrapped_child_once", terminal),
];

/// A recorder inside a wrapper.
fn wrapped_recorder() -> [String; 4] {
    let this = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    ["wrapper".to_owned(), this, "--actor".to_owned(), "record".to_owned()]
}

fn wrapped() -> Subject {
    Subject::ready(&mut actor(&wrapped_recorder().each_ref().map(String::as_str)))
}

fn every_forwardable() {
    let mut subject = wrapped();
    for signal in Signal::forwardable() {
        subject.send(signal);
        assert_eq!(subject.line(), sent_by(subject.pid(), signal));
    }
    let (rest, status) = subject.finish();
    assert_eq!(rest, [""; 0], "each once");
    assert!(status.success());
}

fn queued() {
    let subject = wrapped();
    let wrapper: Pid = subject.pid();
    let signal = Signal::real_time(5).unwrap();
    for value in 0..1_000 {
        subject.queue(signal, value);
    }
    let mut subject = subject;
    for value in 0..1_000 {
        assert_eq!(subject.line(), queued_by(wrapper, signal, value));
    }
    let (rest, _) = subject.finish();
    assert_eq!(rest, [""; 0]);
}

fn terminal() {
    let arguments = wrapped_recorder();
    let mut subject = Subject::ready(&mut in_terminal(&arguments.each_ref().map(String::as_str)));
    subject.write("\x03");
    assert_eq!(subject.line().trim_start_matches("^C"), "SIGINT Kernel");
    subject.write("\x04");
    let (rest, status) = subject.finish();
    assert_eq!(rest.concat(), "", "once");
    assert!(status.success());
}
