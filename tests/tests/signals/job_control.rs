//! Tests job control: a shell or a user stops and continues master and program as one job.

use super::{wait_going, wait_stopped};
use selfup_signals::{Pid, Signal};
use selfup_tests::recorder::{Recorder, end_child};
use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, Terminal, children_of, wait_for, wait_until,
};
use std::process::Command;
use std::time::{Duration, Instant};

/// A shell that starts a job in the foreground; when that is stopped, it waits for a line and puts
/// it in the foreground again.
const SHELL: &str = "\"$@\"; echo stopped; read word; fg; echo over";

fn shell(script: &str, executable: &str, options: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-mc", script, "sh", executable]).args(options);
    command
}

fn job(sandbox: &Sandbox, options: &[&str]) -> (Recorder, Terminal) {
    let command = shell(SHELL, env!("CARGO_BIN_EXE_recorder"), options);
    let (process, terminal) = sandbox.start_on_terminal(command);
    let recorder = Recorder::of(process);
    recorder.serves(1);
    (recorder, terminal)
}

fn finish(sandbox: Sandbox, shell: &Process) {
    shell.wait_line("over", PATIENCE);
    assert!(shell.wait(PATIENCE).success());
    shell.wait_all_lines(PATIENCE);
    sandbox.finish();
}

#[test]
fn ctrl_z_stops_both_and_fg_continues_both() {
    let sandbox = Sandbox::new("ctrl-z");
    let (recorder, terminal) = job(&sandbox, &["stops"]);
    let both = [recorder.master(), recorder.first()];
    terminal.press(Terminal::CTRL_Z);
    wait_stopped(both);
    recorder.process().wait_line("stopped", PATIENCE);
    terminal.press(b"\n");
    let from_shell = format!("SIGCONT from {}", recorder.process().pid());
    recorder.records(1, &from_shell);
    wait_going(both);
    recorder.mark(1);
    assert_eq!(recorder.recorded(1), [from_shell]);
    recorder.end(0);
    finish(sandbox, recorder.process());
}

#[test]
fn ctrl_z_stops_a_child_that_leads_a_group_of_its_own_and_fg_continues_it() {
    let sandbox = Sandbox::new("ctrl-z-group");
    let (recorder, terminal) = job(&sandbox, &["stops", "kill-group"]);
    let both = [recorder.master(), recorder.first()];
    terminal.press(Terminal::CTRL_Z);
    wait_stopped(both);
    recorder.process().wait_line("stopped", PATIENCE);
    terminal.press(b"\n");
    wait_going(both);
    recorder.mark(1);
    recorder.end(0);
    finish(sandbox, recorder.process());
}

/// An editor, say, puts the screen in order first.
#[test]
fn a_program_that_catches_ctrl_z_gets_it_once_and_the_master_is_stopped() {
    let sandbox = Sandbox::new("caught-ctrl-z");
    let (recorder, terminal) = job(&sandbox, &[]);
    terminal.press(Terminal::CTRL_Z);
    wait_stopped([recorder.master()]);
    recorder.process().wait_line("stopped", PATIENCE);
    recorder.records(1, "SIGTSTP from the kernel");
    terminal.press(b"\n");
    let from_shell = format!("SIGCONT from {}", recorder.process().pid());
    recorder.records(1, &from_shell);
    recorder.mark(1);
    assert_eq!(recorder.recorded(1), ["SIGTSTP from the kernel", &from_shell]);
    assert!(!recorder.has_reported("forwarded SIGTSTP to child #1"));
    recorder.end(0);
    finish(sandbox, recorder.process());
}

#[test]
fn a_stop_and_a_continuation_of_the_master_alone_hold_for_both() {
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        let sandbox = Sandbox::new("kill-stop");
        let (recorder, terminal) = job(&sandbox, &["stops"]);
        let both = [recorder.master(), recorder.first()];
        recorder.signal(signal);
        wait_stopped(both);
        recorder.process().wait_line("stopped", PATIENCE);
        recorder.signal(Signal::CONT);
        recorder.records_from_master(1, Signal::CONT);
        wait_going(both);
        recorder.mark(1);
        assert_eq!(recorder.recorded(1), [recorder.passed_on(Signal::CONT)]);
        recorder.end(0);
        terminal.press(b"\n");
        finish(sandbox, recorder.process());
    }
}

/// No process could continue them, so the kernel stops neither.
#[test]
fn in_an_orphaned_group_no_process_is_stopped() {
    let sandbox = Sandbox::new("orphaned");
    let mut command = Command::new("setsid");
    command.args([env!("CARGO_BIN_EXE_recorder"), "stops"]);
    let recorder = Recorder::of(sandbox.start(command));
    recorder.serves(1);
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        recorder.signal(signal);
        recorder.mark(1);
    }
    assert_eq!(recorder.recorded(1), [""; 0]);
    recorder.end(0);
    assert!(recorder.process().wait(PATIENCE).success());
    sandbox.finish();
}

/// The kernel stops a process that reads from the terminal in the background, with its whole group.
#[test]
fn a_program_that_reads_in_the_background_stops_the_job() {
    let sandbox = Sandbox::new("background");
    let script = "\"$@\" & echo job $!; read word; fg; echo over";
    let (process, terminal) =
        sandbox.start_on_terminal(shell(script, env!("CARGO_BIN_EXE_parent"), &[]));
    let line = process.wait_line("job ", PATIENCE);
    let master = Pid::new(line.trim_start_matches("job ").parse().unwrap()).unwrap();
    // The test does not wait for their lines: they may be stopped before they write them.
    let only_child = |parent: Pid| {
        wait_for(&format!("a child of {parent}"), PATIENCE, || {
            let child = *children_of(parent.as_raw().unsigned_abs()).first()?;
            Pid::new(child.cast_signed())
        })
    };
    let child = only_child(master);
    let all = [master, child, only_child(child)];
    wait_stopped(all);
    terminal.press(b"\n");
    wait_going(all);
    terminal.press(b"hello\n");
    process.wait_line("hello", PATIENCE);
    process.wait_line("hello", PATIENCE);
    terminal.press(b"\x04");
    finish(sandbox, &process);
}

/// A draining child is not killed because the whole job was stopped meanwhile.
#[test]
fn deadlines_pause_while_the_job_is_stopped() {
    const TIMEOUT: Duration = Duration::from_secs(5);
    let sandbox = Sandbox::new("deadlines");
    let (recorder, terminal) = job(&sandbox, &["stops", "hold", "terminate=5000"]);
    recorder.signal(Signal::USR2);
    recorder.records(1, "drains");
    recorder.serves(2);
    let all = [recorder.master(), recorder.first(), recorder.runs(2)];
    terminal.press(Terminal::CTRL_Z);
    wait_stopped(all);
    let stopped = Instant::now();
    recorder.process().wait_line("stopped", PATIENCE);
    wait_until("the timeout to pass", PATIENCE, || stopped.elapsed() > TIMEOUT);
    terminal.press(b"\n");
    wait_going(all);
    recorder.mark(2);
    let killed = "killed child #1: it had not ended within the terminate timeout";
    assert!(!recorder.has_reported(killed));
    // The deadline still applies.
    recorder.wait_reported(killed);
    recorder.end(0);
    finish(sandbox, recorder.process());
}

/// The same for a single child, which ends in time.
#[test]
fn a_draining_child_can_finish_after_a_stop() {
    let sandbox = Sandbox::new("finish-later");
    let (recorder, terminal) = job(&sandbox, &["stops", "hold"]);
    recorder.signal(Signal::USR2);
    recorder.records(1, "drains");
    recorder.serves(2);
    terminal.press(Terminal::CTRL_Z);
    wait_stopped([recorder.master(), recorder.first()]);
    recorder.process().wait_line("stopped", PATIENCE);
    terminal.press(b"\n");
    wait_going([recorder.master(), recorder.first()]);
    end_child(recorder.first(), 0);
    recorder.wait_reported("child #1 exited with code 0");
    recorder.end(0);
    finish(sandbox, recorder.process());
}
