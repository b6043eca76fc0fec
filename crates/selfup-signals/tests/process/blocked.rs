use selfup_signals::Signal;

use crate::receive::sent;
use crate::subject::{Subject, actor};

pub(crate) const TESTS: &[crate::Test] =
    &[("what_arrives_while_blocked_waits_for_the_receiver", pending)];

fn pending() {
    let mut subject = Subject::ready(&mut actor(&["late"]));
    // A continue would throw away what stops, and the other way round.
    let signals: Vec<_> = Signal::forwardable().filter(|signal| *signal != Signal::CONT).collect();
    for signal in &signals {
        subject.send(*signal);
    }
    subject.write("receive\n");
    let (mut lines, status) = subject.finish();
    assert!(status.success());
    // The kernel delivers them in an order of its own.
    let mut expected: Vec<_> = signals.into_iter().map(sent).collect();
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
}
