//! Tests that the master ends as the program does, and not before its children.

use selfup_signals::{Signal, send};
use selfup_tests::gate::Gate;
use selfup_tests::recorder::{Recorder, end_child};
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

fn ender(sandbox: &Sandbox, option: &str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ender"));
    command.arg(option);
    sandbox.start(command)
}

fn recorder(sandbox: &Sandbox, options: &[&str]) -> Recorder {
    let command = Recorder::command(env!("CARGO_BIN_EXE_recorder"), options);
    let recorder = Recorder::of(sandbox.start(command));
    recorder.serves(1);
    recorder
}

// The program ends by itself

#[test]
fn every_exit_code_is_mirrored() {
    let sandbox = Sandbox::new("codes");
    let codes: Vec<i32> = (0..=255).collect();
    for some in codes.chunks(16) {
        let processes: Vec<_> =
            some.iter().map(|code| (code, ender(&sandbox, &format!("exit={code}")))).collect();
        for (code, process) in processes {
            assert_eq!(process.wait(PATIENCE).into_raw(), code << 8);
            process.wait_line(&format!("child #1 exited with code {code}"), PATIENCE);
        }
    }
    sandbox.finish();
}

/// A child does not die of SIGUSR2, which is the master's.
#[test]
fn every_death_by_a_signal_is_mirrored() {
    let sandbox = Sandbox::new("deaths");
    let signals = [
        Signal::TERM,
        Signal::KILL,
        Signal::INT,
        Signal::HUP,
        Signal::USR1,
        Signal::ALRM,
        Signal::real_time(0).unwrap(),
        Signal::from_raw(libc::SIGRTMAX()).unwrap(),
    ];
    for signal in signals {
        let process = ender(&sandbox, &format!("signal={signal}"));
        assert_eq!(process.wait(PATIENCE).into_raw(), signal.as_raw(), "{signal}");
        process.wait_line(&format!("child #1 was killed by {signal}"), PATIENCE);
    }
    sandbox.finish();
}

/// The core file is the child's: it would be of no use if the master wrote its own over it. So the
/// one bit of the wait status that says that there is one is not mirrored.
#[test]
fn a_death_with_a_core_file_is_mirrored_and_the_core_is_the_child_s() {
    let plainly_named = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap() == "core\n";
    for signal in [Signal::SEGV, Signal::ABRT, Signal::QUIT, Signal::BUS, Signal::SYS] {
        let sandbox = Sandbox::new("core");
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_ender"))
            .arg(format!("signal={signal}"));
        let process = sandbox.start(command);
        assert_eq!(process.wait(PATIENCE).into_raw(), signal.as_raw(), "{signal}");
        let said = process.wait_line(&format!("child #1 was killed by {signal}"), PATIENCE);
        let started = process.wait_line("started child #1", PATIENCE);
        let child = started.split(['(', ')', ' ']).rfind(|word| word.parse::<u32>().is_ok());
        if plainly_named && said.ends_with("(core dumped)") {
            let mut names = fs::read_dir(sandbox.path()).unwrap().map(|it| it.unwrap().file_name());
            let name = names.next().unwrap();
            assert_eq!(names.next(), None, "one core file");
            let core = fs::read(sandbox.join(&name)).unwrap();
            let mark = format!("the memory of {}", child.unwrap());
            let found = core.windows(mark.len()).any(|bytes| bytes == mark.as_bytes());
            assert!(found, "the core file of another process");
            sandbox.expect_files([name]);
        }
        sandbox.finish();
    }
}

#[test]
fn a_panic_and_an_error_are_mirrored() {
    for (how, code) in [("panic", 101), ("error", 1)] {
        let sandbox = Sandbox::new("panic");
        let process = ender(&sandbox, how);
        assert_eq!(process.wait(PATIENCE).into_raw(), code << 8);
        process.wait_line("as asked for", PATIENCE);
        sandbox.finish();
    }
}

// Ends that were requested

#[test]
fn sigterm_drains_where_that_was_chosen() {
    let sandbox = Sandbox::new("drain");
    let recorder = recorder(&sandbox, &["drain-on-terminate", "code=9"]);
    recorder.signal(Signal::TERM);
    recorder.records(1, "drains");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9));
    assert_eq!(recorder.recorded(1), [""; 0]);
    sandbox.finish();
}

#[test]
fn sigterm_drains_a_candidate_too() {
    let sandbox = Sandbox::new("drain-candidate");
    let gate = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &["drain-on-terminate", "code=9"]);
    recorder.signal(Signal::USR2);
    recorder.runs(2);
    recorder.signal(Signal::TERM);
    recorder.wait_reported("child #1 exited with code 9");
    gate.open();
    recorder.records(2, "drains");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(9));
    sandbox.finish();
}

#[test]
fn a_child_that_does_not_end_in_time_is_killed() {
    let stubborn = ["hold", "terminate=300", "drain-on-terminate"];
    // One child catches SIGTERM and goes on, and one ignores the drain.
    for options in [&stubborn[..2], &stubborn] {
        let sandbox = Sandbox::new("stubborn");
        let recorder = recorder(&sandbox, options);
        recorder.signal(Signal::TERM);
        recorder.wait_reported("killed child #1: it had not ended within the terminate timeout");
        assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGKILL));
        sandbox.finish();
    }
}

#[test]
fn without_restarts_the_restart_signal_shuts_down() {
    let sandbox = Sandbox::new("no-restart");
    let recorder = recorder(&sandbox, &["no-restart", "code=8"]);
    recorder.signal(Signal::USR2);
    recorder.records(1, "drains");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(8));
    assert_eq!(recorder.recorded(1), [""; 0]);
    assert!(!recorder.process().lines().iter().any(|line| line.contains("#2")));
    sandbox.finish();
}

// Several generations

#[test]
fn the_master_waits_for_those_that_finish_and_ends_as_the_one_that_served() {
    let sandbox = Sandbox::new("wait");
    let recorder = recorder(&sandbox, &["hold"]);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    recorder.end(5);
    recorder.wait_reported("child #2 exited with code 5");
    recorder.wait_reported("stopping");
    end_child(recorder.first(), 7);
    recorder.wait_reported("child #1 exited with code 7");
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(5));
    sandbox.finish();
}

#[test]
fn one_that_finishes_badly_is_no_reason_to_end() {
    let sandbox = Sandbox::new("drained");
    let recorder = recorder(&sandbox, &["hold"]);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    send(recorder.first(), Signal::KILL).unwrap();
    recorder.wait_reported("child #1 was killed by SIGKILL");
    recorder.mark(2);
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

#[test]
fn the_service_lives_on_if_the_active_child_dies_during_a_restart() {
    let sandbox = Sandbox::new("active-dies");
    let gate = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &[]);
    recorder.signal(Signal::USR2);
    recorder.runs(2);
    send(recorder.first(), Signal::KILL).unwrap();
    recorder.wait_reported("child #1 was killed by SIGKILL");
    // No child can take it now, and it is kept for the one that comes.
    recorder.signal(Signal::HUP);
    recorder.wait_reported("SIGHUP is held until a child is ready");
    gate.open();
    recorder.serves(2);
    recorder.records_from_master(2, Signal::HUP);
    recorder.signal(Signal::USR2);
    recorder.serves(3);
    recorder.mark(3);
    recorder.end(3);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(3));
    sandbox.finish();
}

/// With no child left, the master reports the end of the one that served last.
#[test]
fn if_both_die_during_a_restart_the_one_that_served_counts() {
    let sandbox = Sandbox::new("both-die");
    let _closed = Gate::closed(&sandbox, "gate-2");
    let recorder = recorder(&sandbox, &[]);
    recorder.signal(Signal::USR2);
    let candidate = recorder.runs(2);
    end_child(recorder.first(), 4);
    recorder.wait_reported("child #1 exited with code 4");
    send(candidate, Signal::KILL).unwrap();
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(4));
    sandbox.finish();
}
