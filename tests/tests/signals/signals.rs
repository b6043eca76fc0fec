//! Tests which signals the program gets, how often, and with which values.

use selfup_signals::Signal;
use selfup_tests::recorder::{Recorder, end_child};
use selfup_tests::sandbox::{PATIENCE, Sandbox, state_of, wait_until};
use std::fs;
use std::process::Command;

fn recorder(sandbox: &Sandbox, options: &[&str]) -> Recorder {
    let command = Recorder::command(env!("CARGO_BIN_EXE_recorder"), options);
    Recorder::of(sandbox.start(command))
}

/// The recorder, started by another program that becomes it.
fn recorder_through(sandbox: &Sandbox, before: &[&str], options: &[&str]) -> Recorder {
    let mut command = Command::new(before[0]);
    command.args(&before[1..]).arg(env!("CARGO_BIN_EXE_recorder")).args(options);
    Recorder::of(sandbox.start(command))
}

fn finish(sandbox: Sandbox, recorder: &Recorder) {
    recorder.end(7);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(7));
    sandbox.finish();
}

fn real_time() -> impl Iterator<Item = Signal> {
    // The recorder ends by the last one.
    Signal::forwardable().filter(|it| it.is_real_time() && it.as_raw() < libc::SIGRTMAX())
}

/// In a session of its own the master cannot be stopped by job control, so that it passes on what
/// comes after, too.
#[test]
fn every_signal_is_recorded_once() {
    let sandbox = Sandbox::new("every-signal");
    let recorder = recorder_through(&sandbox, &["setsid"], &[]);
    recorder.serves(1);
    let last = [Signal::USR2, Signal::TERM, Signal::from_raw(libc::SIGRTMAX()).unwrap()];
    let mut expected = Vec::new();
    for signal in Signal::forwardable().filter(|it| !last.contains(it)).chain([Signal::TERM]) {
        recorder.signal(signal);
        recorder.records_from_master(1, signal);
        expected.push(recorder.passed_on(signal));
    }
    recorder.mark(1);
    assert!(expected.len() > 50, "{expected:?}");
    assert_eq!(recorder.recorded(1), expected);
    finish(sandbox, &recorder);
}

#[test]
fn queued_signals_keep_their_values_and_order() {
    let sandbox = Sandbox::new("queued");
    let recorder = recorder(&sandbox, &[]);
    recorder.serves(1);
    let values = [3, i32::MIN, 1, -1, 2];
    for value in values {
        real_time().for_each(|signal| recorder.queue(signal, value));
    }
    recorder.mark(1);
    let recorded = recorder.recorded(1);
    for signal in real_time() {
        let start = format!("{signal} with ");
        let of_this = recorded.iter().filter(|it| it.starts_with(&start));
        let expected = values.map(|value| format!("{start}{value} from {}", recorder.master()));
        assert!(of_this.eq(expected.iter()), "{signal}: {recorded:?}");
    }
    assert_eq!(recorded.len(), values.len() * real_time().count());
    finish(sandbox, &recorder);
}

/// The restart signal is for the master. These are about the process that gets them: its pipes,
/// its sockets, its children.
#[test]
fn what_is_the_masters_own_is_not_passed_on() {
    let sandbox = Sandbox::new("own");
    let recorder = recorder(&sandbox, &["hold"]);
    recorder.serves(1);
    for signal in [Signal::PIPE, Signal::URG, Signal::CHLD, Signal::USR2] {
        recorder.signal(signal);
    }
    recorder.serves(2);
    recorder.mark(2);
    assert_eq!([recorder.recorded(1), recorder.recorded(2)], [[""; 0]; 2]);
    recorder.end(7);
    end_child(recorder.first(), 0);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(7));
    sandbox.finish();
}

#[test]
fn with_another_restart_signal_sigusr2_is_the_programs_own() {
    for signal in [Signal::USR1, Signal::HUP, Signal::real_time(2).unwrap()] {
        let sandbox = Sandbox::new("restart-signal");
        let recorder = recorder(&sandbox, &[&format!("restart={signal}")]);
        recorder.serves(1);
        recorder.signal(Signal::USR2);
        recorder.records_from_master(1, Signal::USR2);
        recorder.signal(signal);
        recorder.serves(2);
        recorder.signal(Signal::USR2);
        recorder.records_from_master(2, Signal::USR2);
        for generation in [1, 2] {
            assert_eq!(recorder.recorded(generation), [recorder.passed_on(Signal::USR2)]);
        }
        finish(sandbox, &recorder);
    }
}

#[test]
fn what_cannot_be_a_restart_signal_is_an_error() {
    let sandbox = Sandbox::new("no-restart-signal");
    for signal in ["CHLD", "PIPE", "URG", "KILL", "STOP", "SEGV", "BUS", "FPE", "ILL", "TERM", "33"]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recorder"));
        command.arg(format!("restart={signal}"));
        let process = sandbox.start(command);
        let line = process.wait_line("restart signal", PATIENCE);
        assert!(line.contains(signal) && line.contains("SIGUSR2"), "{line}");
        assert_eq!(process.wait(PATIENCE).code(), Some(1));
        assert!(!process.lines().iter().any(|line| line.contains("runs as")), "{signal}");
    }
    sandbox.finish();
}

// What is sent to all processes of a program at once (`killall`, `kill -PGID`)

#[test]
fn the_restart_signal_sent_to_a_child_does_nothing() {
    let sandbox = Sandbox::new("killall");
    let recorder = recorder(&sandbox, &["plain"]);
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    // The one that starts has it from its first moment on.
    let second = recorder.runs(2);
    for child in [recorder.first(), second] {
        drop(selfup_signals::send(child, Signal::USR2));
    }
    recorder.wait_reported("child #1 exited with code 0");
    selfup_signals::send(second, Signal::USR2).unwrap();
    recorder.signal(Signal::USR2);
    recorder.serves(3);
    recorder.wait_reported("child #2 exited with code 0");
    recorder.signal(Signal::TERM);
    let status = recorder.process().wait(PATIENCE);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
    sandbox.finish();
}

#[test]
fn with_drain_on_terminate_a_child_drains_on_sigterm_from_any_process() {
    for to_the_child_alone in [false, true] {
        let sandbox = Sandbox::new("group-term");
        let options = ["plain", "drain-on-terminate", "code=9"];
        let recorder = recorder_through(&sandbox, &["setsid"], &options);
        recorder.serves(1);
        if to_the_child_alone {
            selfup_signals::send(recorder.first(), Signal::TERM).unwrap();
        } else {
            while_stopped(&recorder, || {
                let group = nix::unistd::Pid::from_raw(recorder.master().as_raw());
                nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGTERM).unwrap();
                recorder.records(1, "drains");
            });
        }
        assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9), "{to_the_child_alone}");
        sandbox.finish();
    }
}

#[test]
fn by_default_sigterm_drains_a_program_without_a_handler_for_it() {
    let sandbox = Sandbox::new("term-by-default");
    let recorder = recorder(&sandbox, &["by-default", "plain", "code=9"]);
    recorder.serves(1);
    recorder.signal(Signal::TERM);
    recorder.records(1, "drains");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9));
    sandbox.finish();
}

#[test]
fn by_default_a_second_sigterm_ends_a_program_that_drains() {
    let sandbox = Sandbox::new("term-twice-by-default");
    let recorder = recorder(&sandbox, &["by-default", "plain", "hold", "terminate=60000"]);
    recorder.serves(1);
    recorder.signal(Signal::TERM);
    recorder.records(1, "drains");
    // Within a second it may be the same request, so it is repeated until it is another one.
    wait_until("the end", PATIENCE, || {
        recorder.signal(Signal::TERM);
        recorder.process().status().is_some()
    });
    let status = recorder.process().wait(PATIENCE);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
    sandbox.finish();
}

/// Whether it was installed before the program asked for the drain or after.
#[test]
fn by_default_a_handler_of_the_program_gets_sigterm_alone() {
    for options in [&["by-default"][..], &["by-default", "asks-first"]] {
        let sandbox = Sandbox::new("term-handled");
        let recorder = recorder(&sandbox, options);
        recorder.serves(1);
        recorder.signal(Signal::TERM);
        recorder.records_from_master(1, Signal::TERM);
        recorder.signal(Signal::HUP);
        recorder.records_from_master(1, Signal::HUP);
        recorder.end(4);
        assert_eq!(recorder.process().wait(PATIENCE).code(), Some(4), "{options:?}");
        let drained = recorder.process().lines().iter().any(|line| line.contains("drains"));
        assert!(!drained, "{options:?}");
        sandbox.finish();
    }
}

#[test]
fn by_default_a_program_that_never_asks_dies_of_sigterm() {
    let sandbox = Sandbox::new("term-never-asks");
    let recorder = recorder(&sandbox, &["by-default", "plain", "never-asks"]);
    recorder.serves(1);
    recorder.signal(Signal::TERM);
    let status = recorder.process().wait(PATIENCE);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
    sandbox.finish();
}

// Known limits, as docs/SIGNALS.md has them

/// While the master does not run, so that neither copy waits for the other and is one with it.
fn while_stopped(recorder: &Recorder, send: impl FnOnce()) {
    recorder.signal(Signal::STOP);
    let pid = recorder.master().as_raw().unsigned_abs();
    wait_until("the master to be stopped", PATIENCE, || state_of(pid) == Some('T'));
    send();
    recorder.signal(Signal::CONT);
}

#[test]
fn a_signal_sent_to_the_whole_group_is_recorded_twice() {
    let sandbox = Sandbox::new("group");
    let recorder = recorder_through(&sandbox, &["setsid"], &[]);
    recorder.serves(1);
    let here = format!("SIGUSR1 from {}", std::process::id());
    while_stopped(&recorder, || {
        let group = nix::unistd::Pid::from_raw(recorder.master().as_raw());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGUSR1).unwrap();
        recorder.records(1, &here);
    });
    recorder.records_from_master(1, Signal::USR1);
    finish(sandbox, &recorder);
}

#[test]
fn of_signals_that_wait_together_the_one_with_the_highest_number_comes_first() {
    let sandbox = Sandbox::new("together");
    let recorder = recorder(&sandbox, &["drain-on-terminate", "code=9"]);
    recorder.serves(1);
    while_stopped(&recorder, || {
        recorder.signal(Signal::USR2);
        recorder.signal(Signal::TERM);
    });
    recorder.records(1, "drains");
    recorder.wait_reported("ignored a restart (by signal): the master is stopping");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9));
    sandbox.finish();
}

/// Masks and ignored signals survive exec: the process that starts the master may leave it with any of them.
#[test]
fn a_master_started_with_all_signals_blocked_works() {
    let sandbox = Sandbox::new("blocked");
    let recorder = recorder_through(&sandbox, &["env", "--block-signal"], &[]);
    works_from_start_to_end(&recorder, &[Signal::HUP, Signal::USR1, Signal::INT]);
    finish(sandbox, &recorder);
}

/// The restart signal is asked for by the configuration. Everything else that was ignored stays so.
#[test]
fn signals_that_were_ignored_at_the_start_stay_so() {
    let sandbox = Sandbox::new("ignored");
    let ignored =
        [Signal::INT, Signal::QUIT, Signal::TERM, Signal::USR1, Signal::TSTP, Signal::HUP];
    let before = ["env", "--ignore-signal=INT,QUIT,TERM,USR1,USR2,TSTP,HUP,CHLD"];
    let recorder = recorder_through(&sandbox, &before, &[]);
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    recorder.wait_reported("child #1 exited with code 0");
    let processes = [recorder.master(), recorder.runs(2)];
    for process in processes {
        for signal in ignored {
            assert_ne!(signals_of(process, "SigIgn") & bit(signal), 0, "{signal} in {process}");
            selfup_signals::send(process, signal).unwrap();
        }
        assert_eq!(signals_of(process, "SigIgn") & bit(Signal::USR2), 0);
    }
    recorder.mark(2);
    assert_eq!(recorder.recorded(2), [""; 0]);
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

fn works_from_start_to_end(recorder: &Recorder, signals: &[Signal]) {
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    recorder.wait_reported("child #1 exited with code 0");
    for signal in signals {
        recorder.signal(*signal);
        recorder.records_from_master(2, *signal);
    }
}

/// A Rust program ignores SIGPIPE before its `main`; beyond that, a child starts with nothing
/// blocked and nothing ignored but what its master found ignored.
#[test]
fn a_child_starts_with_no_signal_blocked_and_none_ignored_but_what_was() {
    let both = ["env", "--block-signal", "--ignore-signal=INT,USR1,CHLD,PIPE"];
    let none: &[Signal] = &[];
    for (before, left) in [(&["env"][..], none), (&both, &[Signal::INT, Signal::USR1])] {
        let sandbox = Sandbox::new("fresh");
        let recorder = recorder_through(&sandbox, before, &["plain"]);
        recorder.serves(1);
        recorder.signal(Signal::USR2);
        recorder.serves(2);
        let child = recorder.runs(2);
        assert_eq!(signals_of(child, "SigBlk"), 0);
        let for_programs = Signal::forwardable().chain([Signal::CHLD, Signal::PIPE, Signal::URG]);
        let ignored = for_programs.filter(|it| signals_of(child, "SigIgn") & bit(*it) != 0);
        assert!(ignored.eq(left.iter().copied().chain([Signal::PIPE])));
        recorder.signal(Signal::TERM);
        let status = recorder.process().wait(PATIENCE);
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGTERM));
        sandbox.finish();
    }
}

#[test]
fn under_nohup_a_hang_up_is_ignored_by_both() {
    let sandbox = Sandbox::new("nohup");
    let recorder = recorder_through(&sandbox, &["nohup"], &[]);
    recorder.serves(1);
    for process in [recorder.master(), recorder.first()] {
        assert_eq!(signals_of(process, "SigIgn") & bit(Signal::HUP), bit(Signal::HUP));
    }
    recorder.signal(Signal::HUP);
    recorder.mark(1);
    assert_eq!(recorder.recorded(1), [""; 0]);
    finish(sandbox, &recorder);
}

/// One of the sets of signals in `/proc/PID/status`: that of the main thread.
fn signals_of(pid: selfup_signals::Pid, set: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(set)).unwrap();
    u64::from_str_radix(line.trim_start_matches(':').trim(), 16).unwrap()
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}
