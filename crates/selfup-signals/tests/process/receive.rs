use std::sync::mpsc;

use selfup_signals::{ErrorKind, Origin, Pid, Receiver, Signal, send};

use crate::subject::{Subject, actor, in_terminal, output};

pub(crate) const TESTS: &[crate::Test] = &[
    ("every_forwardable_signal_is_received_once_with_its_sender", every_forwardable),
    ("queued_signals_arrive_all_in_order_with_their_values", queued),
    ("a_flood_loses_no_kind_of_signal", flood),
    ("what_is_not_taken_keeps_the_receiver_readable", left),
    ("the_kernel_is_told_from_a_process", kernel),
    ("a_terminals_key_comes_from_the_kernel", terminal),
    ("a_receiver_can_be_dropped_while_signals_arrive", dropped),
    ("what_must_not_be_caught_is_refused", refused),
];

/// The line of a recorder for a signal that this process sent by kill.
pub(crate) fn sent(signal: Signal) -> String {
    sent_by(Pid::this(), signal)
}

pub(crate) fn sent_by(pid: Pid, signal: Signal) -> String {
    let uid = nix::unistd::getuid().as_raw();
    format!("{signal} {:?}", Origin::Process { pid: Some(pid), uid })
}

pub(crate) fn queued_by(pid: Pid, signal: Signal, value: i32) -> String {
    let uid = nix::unistd::getuid().as_raw();
    let value = value.into();
    format!("{signal} {:?}", Origin::Queued { pid: Some(pid), uid, value })
}

fn every_forwardable() {
    let mut subject = Subject::ready(&mut actor(&["record"]));
    for signal in Signal::forwardable() {
        subject.send(signal);
        assert_eq!(subject.line(), sent(signal));
    }
    let (rest, status) = subject.finish();
    assert_eq!(rest, [""; 0], "each once");
    assert!(status.success());
}

fn queued() {
    let subject = Subject::ready(&mut actor(&["record"]));
    let signal = Signal::real_time(3).unwrap();
    for value in 0..1_000 {
        subject.queue(signal, value - 500);
    }
    let (lines, _) = subject.finish();
    let expected: Vec<_> =
        (0..1_000).map(|value| queued_by(Pid::this(), signal, value - 500)).collect();
    assert_eq!(lines, expected);
}

fn flood() {
    output(&mut actor(&["flood"]));
}

fn dropped() {
    let mut subject = Subject::ready(&mut actor(&["drop"]));
    let pid = subject.pid();
    let (rounds, asked) = mpsc::channel();
    std::thread::scope(|scope| {
        // So many to each receiver, and no more: one signal after the other without an end leaves
        // their receiver no time for anything else.
        scope.spawn(move || {
            for () in asked {
                for _ in 0..100 {
                    send(pid, Signal::USR1).unwrap();
                }
            }
        });
        while subject.line() == "receiving" {
            rounds.send(()).unwrap();
        }
        drop(rounds);
    });
    assert!(subject.finish().1.success());
}

fn left() {
    output(&mut actor(&["left"]));
}

fn kernel() {
    assert_eq!(output(&mut actor(&["alarm"])), "SIGALRM Kernel\n");
}

fn terminal() {
    let mut subject = Subject::ready(&mut in_terminal(&actor(&["record"])));
    subject.write("\x03");
    // The terminal echoes the key.
    assert_eq!(subject.line().trim_start_matches("^C"), "SIGINT Kernel");
    subject.write("\x1c");
    assert_eq!(subject.line().trim_start_matches("^\\"), "SIGQUIT Kernel");
    subject.write("\x04");
    subject.finish();
}

fn refused() {
    let refused = [Signal::KILL, Signal::STOP, Signal::SEGV, Signal::BUS, Signal::FPE, Signal::ILL];
    for signal in refused.into_iter().chain(Signal::from_raw(32)) {
        let error = Receiver::new([signal]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotCatchable);
        assert!(error.to_string().contains(&signal.to_string()), "{error}");
    }
}
