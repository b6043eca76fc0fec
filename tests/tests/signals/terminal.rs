//! Tests signals from a terminal: a signal to the whole process group reaches the program once, and the
//! master forwards a signal to the leader of the session alone.

use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use selfup_signals::{Pid, Signal, send};
use selfup_tests::recorder::Recorder;
use selfup_tests::sandbox::{PATIENCE, Sandbox, Terminal, state_of, wait_until};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const RECORDER: &str = env!("CARGO_BIN_EXE_recorder");

/// The master leads the session of the terminal.
fn on_terminal(sandbox: &Sandbox, options: &[&str]) -> (Recorder, Terminal) {
    let (process, terminal) = sandbox.start_on_terminal(Recorder::command(RECORDER, options));
    let recorder = Recorder::of(process);
    recorder.serves(1);
    (recorder, terminal)
}

fn finish(sandbox: Sandbox, recorder: &Recorder) {
    recorder.end(7);
    assert_eq!(recorder.process().wait(PATIENCE).code(), Some(7));
    sandbox.finish();
}

/// Does something for which the kernel signals the whole group, with the master held up meanwhile: if it
/// passed the signal on, the program would get a second one after the first, and not at the same
/// time, when two are one.
fn recorded_once(recorder: &Recorder, signal: Signal, cause: impl FnOnce()) {
    let before = recorder.recorded(1).len();
    send(recorder.master(), Signal::STOP).unwrap();
    wait_for_state(recorder.master(), 'T');
    cause();
    let from_kernel = format!("{signal} from the kernel");
    recorder.records(1, &from_kernel);
    recorder.signal(Signal::CONT);
    recorder.records_from_master(1, Signal::CONT);
    recorder.mark(1);
    let recorded = recorder.recorded(1).split_off(before);
    assert_eq!(recorded, [from_kernel, recorder.passed_on(Signal::CONT)]);
}

fn wait_for_state(pid: Pid, state: char) {
    let what = format!("{pid} to be in the state {state}");
    wait_until(&what, PATIENCE, || state_of(pid.as_raw().unsigned_abs()) == Some(state));
}

#[test]
fn a_key_is_recorded_once() {
    let sandbox = Sandbox::new("keys");
    let (recorder, terminal) = on_terminal(&sandbox, &[]);
    recorded_once(&recorder, Signal::INT, || terminal.press(Terminal::CTRL_C));
    recorded_once(&recorder, Signal::QUIT, || terminal.press(Terminal::CTRL_BACKSLASH));
    finish(sandbox, &recorder);
}

#[test]
fn another_size_is_recorded_once() {
    let sandbox = Sandbox::new("size");
    let (recorder, _terminal) = on_terminal(&sandbox, &[]);
    let terminal = fs::read_link(format!("/proc/{}/fd/0", recorder.master())).unwrap();
    recorded_once(&recorder, Signal::WINCH, || {
        let mut resize = Command::new("stty");
        resize.arg("-F").arg(terminal).args(["rows", "33"]);
        assert!(sandbox.start(resize).wait(PATIENCE).success());
    });
    finish(sandbox, &recorder);
}

/// Nothing is special about the keys during a restart: each generation has what the kernel gave.
#[test]
fn a_key_is_recorded_once_by_each_generation() {
    let sandbox = Sandbox::new("generations");
    let (recorder, terminal) = on_terminal(&sandbox, &["hold"]);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    send(recorder.master(), Signal::STOP).unwrap();
    wait_for_state(recorder.master(), 'T');
    terminal.press(Terminal::CTRL_C);
    for generation in 1..=2 {
        recorder.records(generation, "SIGINT from the kernel");
    }
    recorder.signal(Signal::CONT);
    recorder.mark(2);
    assert_eq!(recorder.recorded(1), ["SIGINT from the kernel"]);
    let continued = recorder.passed_on(Signal::CONT);
    assert_eq!(recorder.recorded(2), ["SIGINT from the kernel", &continued]);
    selfup_tests::recorder::end_child(recorder.first(), 0);
    finish(sandbox, &recorder);
}

#[test]
fn ctrl_c_ends_a_program_that_does_not_catch_it_and_the_master_likewise() {
    let sandbox = Sandbox::new("ctrl-c");
    let (recorder, terminal) = on_terminal(&sandbox, &["plain"]);
    terminal.press(Terminal::CTRL_C);
    assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGINT));
    sandbox.finish();
}

/// The kernel's copy goes to the group in the foreground, in which the program is no more.
#[test]
fn a_key_is_passed_on_to_a_program_that_left_the_group() {
    let sandbox = Sandbox::new("left-group");
    let (recorder, terminal) = on_terminal(&sandbox, &["leaves"]);
    terminal.press(Terminal::CTRL_C);
    recorder.records_from_master(1, Signal::INT);
    recorder.mark(1);
    assert_eq!(recorder.recorded(1), [recorder.passed_on(Signal::INT)]);
    finish(sandbox, &recorder);
}

/// For a child that leads a group of its own, the master passes on the signals of the keys.
#[test]
fn keys_are_passed_on_to_a_child_that_leads_a_group_of_its_own() {
    let sandbox = Sandbox::new("own-group");
    let (recorder, terminal) = on_terminal(&sandbox, &["kill-group"]);
    terminal.press(Terminal::CTRL_C);
    recorder.records_from_master(1, Signal::INT);
    terminal.press(Terminal::CTRL_BACKSLASH);
    recorder.records_from_master(1, Signal::QUIT);
    recorder.mark(1);
    let expected = [recorder.passed_on(Signal::INT), recorder.passed_on(Signal::QUIT)];
    assert_eq!(recorder.recorded(1), expected);
    finish(sandbox, &recorder);
}

#[test]
fn the_program_reads_what_is_typed() {
    let sandbox = Sandbox::new("typed");
    let parent = Command::new(env!("CARGO_BIN_EXE_parent"));
    let (process, terminal) = sandbox.start_on_terminal(parent);
    terminal.press(b"hello\n");
    // The terminal's echo, and the program's.
    process.wait_line("hello", PATIENCE);
    process.wait_line("hello", PATIENCE);
    terminal.press(b"\x04");
    assert!(process.wait(PATIENCE).success());
    process.wait_all_lines(PATIENCE);
    sandbox.finish();
}

// The terminal goes away

/// Starts a command as leader of the session of a terminal that it only reads from, so that what
/// it writes is recorded beyond the terminal's end.
fn on_mere_keyboard(sandbox: &Sandbox, command: &[&str]) -> (Recorder, PtyMaster) {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let keyboard = posix_openpt(flags).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let mut start = Command::new("sh");
    start.args(["-c", "keyboard=$1; shift; exec setsid --ctty \"$@\" < $keyboard", "sh"]);
    start.arg(ptsname_r(&keyboard).unwrap()).args(command);
    let recorder = Recorder::of(sandbox.start(start));
    recorder.serves(1);
    (recorder, keyboard)
}

/// The kernel signals the leader of the session alone.
#[test]
fn a_hang_up_is_recorded_once_if_the_master_leads_the_session() {
    let sandbox = Sandbox::new("hang-up");
    let (recorder, keyboard) = on_mere_keyboard(&sandbox, &[RECORDER]);
    drop(keyboard);
    recorder.records_from_master(1, Signal::HUP);
    recorder.mark(1);
    let recorded = recorder.recorded(1);
    let hang_ups: Vec<_> = recorded.iter().filter(|it| it.starts_with("SIGHUP")).collect();
    assert_eq!(hang_ups, [&recorder.passed_on(Signal::HUP)]);
    finish(sandbox, &recorder);
}

/// When the shell, which leads the session, has died of it, the kernel signals its foreground job.
#[test]
fn a_hang_up_is_recorded_once_if_a_shell_leads_the_session() {
    let sandbox = Sandbox::new("hang-up-job");
    let job = ["sh", "-mc", "\"$@\"; true", "sh", RECORDER];
    let (recorder, keyboard) = on_mere_keyboard(&sandbox, &job);
    drop(keyboard);
    assert_eq!(recorder.process().wait(PATIENCE).signal(), Some(libc::SIGHUP));
    recorder.records(1, "SIGHUP from the kernel");
    recorder.mark(1);
    let recorded = recorder.recorded(1);
    let hang_ups: Vec<_> = recorded.iter().filter(|it| it.starts_with("SIGHUP")).collect();
    assert_eq!(hang_ups, ["SIGHUP from the kernel"]);
    // A second one could have come with the first and been one with it.
    assert!(!recorder.has_reported("forwarded SIGHUP to child #1"));
    recorder.end(0);
    recorder.process().wait_all_lines(PATIENCE);
    sandbox.finish();
}
