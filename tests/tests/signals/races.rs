//! Tests signals at awkward moments: while the first child starts, during a restart, several at once.
//! Each case has one outcome.

use selfup_signals::{Signal, send};
use selfup_tests::gate::Gate;
use selfup_tests::recorder::{Recorder, end_child};
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, children_of, state_of, wait_until};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

fn start(sandbox: &Sandbox, options: &[&str]) -> Process {
    sandbox.start(Recorder::command(env!("CARGO_BIN_EXE_recorder"), options))
}

fn recorder(sandbox: &Sandbox, options: &[&str]) -> Recorder {
    Recorder::of(start(sandbox, options))
}

// While the first child starts

#[test]
fn signals_for_the_program_wait_until_it_is_ready() {
    let sandbox = Sandbox::new("start-wait");
    let gate = Gate::closed(&sandbox, "gate-1");
    let recorder = recorder(&sandbox, &[]);
    let queued = Signal::real_time(3).unwrap();
    for signal in [Signal::HUP, Signal::USR1, Signal::WINCH] {
        recorder.signal(signal);
        recorder.wait_reported(&format!("{signal} is held until a child is ready"));
    }
    for value in [1, 2] {
        recorder.queue(queued, value);
        recorder.wait_reported(&format!("{queued} is held until a child is ready"));
    }
    gate.open();
    recorder.serves(1);
    recorder.mark(1);
    let mut expected: Vec<String> = [Signal::HUP, Signal::USR1, Signal::WINCH]
        .map(|signal| recorder.passed_on(signal))
        .into_iter()
        .chain([1, 2].map(|value| format!("{queued} with {value} from {}", recorder.master())))
        .collect();
    // They come together, and the program's handlers run in the order that the kernel chooses.
    let mut recorded = recorder.recorded(1);
    expected.sort_unstable();
    recorded.sort_unstable();
    assert_eq!(recorded, expected);
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

#[test]
fn to_end_is_obeyed_at_once_while_starting() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::new("start-end");
        let _closed = Gate::closed(&sandbox, "gate-1");
        let recorder = recorder(&sandbox, &[]);
        recorder.signal(Signal::HUP);
        recorder.wait_reported("SIGHUP is held until a child is ready");
        recorder.signal(signal);
        assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(signal.as_raw()));
        sandbox.finish();
    }
}

#[test]
fn a_restart_asked_for_while_starting_follows_the_start() {
    let sandbox = Sandbox::new("start-restart");
    let gate = Gate::closed(&sandbox, "gate-1");
    let recorder = recorder(&sandbox, &[]);
    for _ in 0..3 {
        recorder.signal(Signal::USR2);
        recorder.wait_reported("restart queued (by signal)");
    }
    gate.open();
    recorder.serves(1);
    recorder.serves(2);
    recorder.mark(2);
    assert!(!recorder.process().lines().iter().any(|line| line.contains("child #3")));
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

// While a restart is under way

/// The kernel has the master handle the higher of two numbers first. So with SIGHUP to restart, the end
/// comes in before the restart that was asked for earlier.
#[test]
fn to_restart_and_to_end_at_one_moment_is_to_end() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let sandbox = Sandbox::new("restart-and-end");
        let recorder = recorder(&sandbox, &["plain", "hold", "restart=HUP", "terminate=60000"]);
        recorder.serves(1);
        let master = recorder.process().pid();
        recorder.signal(Signal::STOP);
        wait_until("the master to stop", PATIENCE, || state_of(master) == Some('T'));
        recorder.signal(Signal::HUP);
        recorder.signal(signal);
        recorder.signal(Signal::CONT);
        assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(signal.as_raw()));
        sandbox.finish();
    }
}

#[test]
fn a_signal_for_the_program_goes_to_the_one_that_serves() {
    let sandbox = Sandbox::new("restart-hup");
    let gate = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &["hold"]);
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.runs(2);
    // The second child catches nothing yet, and would die of the signal: it gets it when it serves.
    recorder.signal(Signal::HUP);
    recorder.records_from_master(1, Signal::HUP);
    recorder.mark(1);
    gate.open();
    recorder.serves(2);
    // One after the other: of two that are pending, the kernel chooses which comes first.
    recorder.records_from_master(2, Signal::HUP);
    recorder.signal(Signal::USR1);
    recorder.records_from_master(2, Signal::USR1);
    recorder.mark(2);
    assert_eq!(recorder.recorded(1), [recorder.passed_on(Signal::HUP)]);
    // It may have read before it was ready what SIGHUP is to have read again.
    let both = [Signal::HUP, Signal::USR1].map(|signal| recorder.passed_on(signal));
    assert_eq!(recorder.recorded(2), both);
    end_both(sandbox, &recorder, recorder.first());
}

#[test]
fn to_end_reaches_a_candidate_that_is_not_ready_too() {
    let sandbox = Sandbox::new("restart-term");
    let _closed = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &["hold"]);
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.runs(2);
    recorder.signal(Signal::TERM);
    recorder.records_from_master(1, Signal::TERM);
    recorder.wait_reported("child #2 was killed by SIGTERM");
    recorder.end(6);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(6));
    sandbox.finish();
}

#[test]
fn to_end_reaches_those_that_finish_too_and_the_one_that_served_counts() {
    let sandbox = Sandbox::new("draining-term");
    let recorder = recorder(&sandbox, &["hold"]);
    for generation in 1..=2 {
        recorder.serves(generation);
        recorder.signal(Signal::USR2);
    }
    recorder.serves(3);
    for signal in [Signal::INT, Signal::QUIT, Signal::TERM] {
        recorder.signal(signal);
        for generation in 1..=3 {
            recorder.records_from_master(generation, signal);
        }
    }
    // A child that is to end still gets the signals for the program if it was the active one.
    recorder.signal(Signal::HUP);
    recorder.records_from_master(3, Signal::HUP);
    let all = [Signal::INT, Signal::QUIT, Signal::TERM].map(|signal| recorder.passed_on(signal));
    for generation in 1..=2 {
        assert_eq!(recorder.recorded(generation), all);
        end_child(recorder.runs(generation + 1), 40 + generation as u8);
    }
    recorder.wait_reported("child #3 exited with code 42");
    end_child(recorder.first(), 40);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(42));
    sandbox.finish();
}

// Several restarts at once

#[test]
fn of_many_restarts_asked_for_during_one_the_last_follows_it() {
    let sandbox = Sandbox::new("two-restarts");
    let gate = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &[]);
    recorder.serves(1);
    recorder.signal(Signal::USR2);
    recorder.runs(2);
    for _ in 0..10 {
        recorder.signal(Signal::USR2);
        recorder.wait_reported("restart queued (by signal)");
    }
    gate.open();
    recorder.serves(2);
    recorder.serves(3);
    recorder.mark(3);
    assert!(!recorder.process().lines().iter().any(|line| line.contains("child #4")));
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

#[test]
fn a_storm_of_restarts_ends_with_one_that_serves() {
    let sandbox = Sandbox::new("storm");
    let recorder = recorder(&sandbox, &[]);
    recorder.serves(1);
    for _ in 0..200 {
        recorder.signal(Signal::USR2);
    }
    let count = |what: &str| {
        let said = |line: &&String| line.starts_with("[selfup master]") && line.contains(what);
        recorder.process().lines().iter().filter(said).count()
    };
    let served_by_one = || count("started child") == count("serves") && children(&recorder) == 1;
    // After this line, all of them have arrived.
    recorder.mark_anywhere();
    wait_until("a quiet end of the restarts", PATIENCE, || {
        let before = count("started child");
        if !served_by_one() {
            return false;
        }
        // If a restart were left, it would begin before this ends.
        recorder.mark_anywhere();
        before == count("started child") && served_by_one()
    });
    let last = count("started child");
    assert!(last >= 2);
    assert_eq!(count("exited with code 0"), last - 1);
    recorder.end(9);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9));
    sandbox.finish();
}

// At any instant: the delay is swept from nothing to well past the end of what goes on

const SWEEP: u32 = 60;

/// Waits for a part of a time so short that nothing but looking at the clock can measure it.
fn pass_time(part: u32, of: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < of * part / SWEEP {
        std::hint::spin_loop();
    }
}

/// Twice the time that a start takes here and now.
fn span_of_a_start(sandbox: &Sandbox, options: &[&str]) -> Duration {
    let begin = Instant::now();
    let recorder = recorder(sandbox, options);
    recorder.serves(1);
    let span = 2 * begin.elapsed();
    send(recorder.first(), Signal::KILL).unwrap();
    assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGKILL));
    span.min(Duration::from_millis(100))
}

/// A child that is left over would hold the streams for a minute.
const KEPT: [&str; 3] = ["plain", "hold", "terminate=60000"];

#[test]
fn an_end_at_any_instant_of_the_start_leaves_no_process() {
    let sandbox = Sandbox::new("any-start");
    let span = span_of_a_start(&sandbox, &KEPT);
    for signal in [Signal::TERM, Signal::INT] {
        for part in 0..SWEEP {
            let process = start(&sandbox, &KEPT);
            pass_time(part, span);
            process.signal(signal.as_raw());
            assert_eq!(process.wait(PATIENCE).signal(), Some(signal.as_raw()));
            process.wait_all_lines(PATIENCE);
        }
    }
    sandbox.finish();
}

#[test]
fn an_end_at_any_instant_of_a_restart_leaves_no_process() {
    let sandbox = Sandbox::new("any-restart");
    let span = span_of_a_start(&sandbox, &KEPT);
    for signal in [Signal::TERM, Signal::INT] {
        for part in 0..SWEEP {
            let recorder = recorder(&sandbox, &KEPT);
            recorder.serves(1);
            recorder.signal(Signal::USR2);
            pass_time(part, span);
            recorder.signal(signal);
            assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(signal.as_raw()));
            recorder.process().wait_all_lines(PATIENCE);
        }
    }
    sandbox.finish();
}

/// Either the master did not catch anything yet and dies of it, without having started a child; or
/// the program gets it.
#[test]
fn a_signal_at_any_instant_of_the_start_is_never_lost() {
    let sandbox = Sandbox::new("any-signal");
    let span = span_of_a_start(&sandbox, &KEPT);
    for signal in [Signal::HUP, Signal::USR1] {
        for part in 0..SWEEP {
            let process = start(&sandbox, &["hold", "terminate=60000"]);
            pass_time(part, span);
            process.signal(signal.as_raw());
            let record = format!("#1 {signal}");
            wait_until("the signal to have some effect", PATIENCE, || {
                let lines = process.lines();
                process.status().is_some() || lines.iter().any(|line| line.starts_with(&record))
            });
            if let Some(status) = process.status() {
                assert_eq!(status.signal(), Some(signal.as_raw()));
                assert_eq!(process.wait_all_lines(PATIENCE), [""; 0]);
                continue;
            }
            let recorder = Recorder::of(process);
            recorder.mark(1);
            assert_eq!(recorder.recorded(1), [recorder.passed_on(signal)]);
            recorder.end(0);
            assert!(recorder.process().wait(PATIENCE).success());
        }
    }
    sandbox.finish();
}

fn children(recorder: &Recorder) -> usize {
    children_of(recorder.master().as_raw().unsigned_abs()).len()
}

/// Ends the active child, and then this one, which drains.
fn end_both(sandbox: Sandbox, recorder: &Recorder, draining: selfup_signals::Pid) {
    recorder.end(0);
    recorder.wait_reported("stopping");
    end_child(draining, 0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}
