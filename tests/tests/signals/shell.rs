//! Tests the program in an interactive shell: in the foreground, in the background, and between them.

use super::{wait_going, wait_stopped};
use selfup_signals::{Pid, Signal, send};
use selfup_tests::need;
use selfup_tests::recorder::Recorder;
use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, Terminal, children_of, wait_for, wait_until,
};
use std::process::Command;

const RECORDER: &str = env!("CARGO_BIN_EXE_recorder");
const HOLDER: &str = env!("CARGO_BIN_EXE_holder");
const PARENT: &str = env!("CARGO_BIN_EXE_parent");

fn bash(sandbox: &Sandbox) -> (Process, Terminal) {
    let mut command = Command::new("bash");
    command
        .args(["--norc", "--noprofile", "--noediting", "-i"])
        .env("PS1", "")
        .env_remove("HISTFILE");
    sandbox.start_on_terminal(command)
}

fn line(terminal: &Terminal, words: &str) {
    terminal.press(format!("{words}\n").as_bytes());
}

/// Makes the shell print the exit code of the program, and exit.
fn finish(sandbox: Sandbox, shell: &Process, terminal: &Terminal, code: i32) {
    line(terminal, "echo the code is $?");
    shell.wait_line(&format!("the code is {code}"), PATIENCE);
    line(terminal, "exit 0");
    assert!(shell.wait(PATIENCE).success());
    shell.wait_all_lines(PATIENCE);
    sandbox.finish();
}

#[test]
fn ctrl_z_bg_fg_and_ctrl_c() {
    if !need::program("bash") {
        return;
    }
    let sandbox = Sandbox::new("bash");
    let (shell, terminal) = bash(&sandbox);
    line(&terminal, &format!("{RECORDER} stops"));
    let recorder = Recorder::of(shell);
    recorder.serves(1);
    let both = [recorder.master(), recorder.first()];
    terminal.press(Terminal::CTRL_Z);
    wait_stopped(both);
    recorder.process().wait_line("Stopped", PATIENCE);
    line(&terminal, "bg");
    wait_going(both);
    recorder.signal(Signal::USR2);
    recorder.serves(2);
    line(&terminal, "fg");
    let in_front = || foreground_of(&recorder) == recorder.master().as_raw();
    wait_until("the job to be in front", PATIENCE, in_front);
    terminal.press(Terminal::CTRL_C);
    recorder.records(2, "SIGINT from the kernel");
    recorder.end(7);
    let shell = recorder.process();
    finish(sandbox, shell, &terminal, 7);
}

/// The process group in front on the terminal of the shell, by `ps`.
fn foreground_of(recorder: &Recorder) -> i32 {
    foreground(recorder.process().pid())
}

fn foreground(shell: u32) -> i32 {
    let output = Command::new("ps").args(["-o", "tpgid=", "-p", &shell.to_string()]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn ctrl_c_ends_a_plain_program_with_the_code_that_shells_have_for_it() {
    if !need::program("bash") {
        return;
    }
    let sandbox = Sandbox::new("bash-ctrl-c");
    let (shell, terminal) = bash(&sandbox);
    line(&terminal, &format!("{RECORDER} plain"));
    let recorder = Recorder::of(shell);
    recorder.serves(1);
    terminal.press(Terminal::CTRL_C);
    recorder.wait_reported("child #1 was killed by SIGINT");
    finish(sandbox, recorder.process(), &terminal, 130);
}

/// Where the terminal is set up so, the kernel stops a process that writes to it from the background, with
/// its whole group. That is right for the program; the master's own lines appear all the same.
#[test]
fn the_master_reports_even_where_writing_in_the_background_stops_a_job() {
    if !need::program("bash") {
        return;
    }
    let sandbox = Sandbox::new("bash-tostop");
    let (shell, terminal) = bash(&sandbox);
    line(&terminal, "stty tostop");
    line(&terminal, HOLDER);
    shell.wait_line("child #1 serves", PATIENCE);
    let master = Pid::new(children_of(shell.pid())[0].cast_signed()).unwrap();
    let child = Pid::new(children_of(master.as_raw().unsigned_abs())[0].cast_signed()).unwrap();
    terminal.press(Terminal::CTRL_Z);
    wait_stopped([master, child]);
    shell.wait_line("Stopped", PATIENCE);
    line(&terminal, "bg");
    wait_going([master, child]);
    // Nothing happens on it, but that the master says that it was passed on.
    send(master, Signal::WINCH).unwrap();
    shell.wait_line("forwarded SIGWINCH to child #1", PATIENCE);
    wait_going([master, child]);
    // The program writes a line when it begins to drain.
    send(master, Signal::USR2).unwrap();
    wait_stopped([master, child]);
    line(&terminal, "fg");
    shell.wait_line("child #2 serves", PATIENCE);
    wait_until("one child", PATIENCE, || children_of(master.as_raw().unsigned_abs()).len() == 1);
    terminal.press(Terminal::CTRL_C);
    finish(sandbox, &shell, &terminal, 130);
}

/// Like an editor or a shell that the program starts: a group of its own, in the foreground.
#[test]
fn the_program_can_hand_the_terminal_on() {
    if !need::program("bash") {
        return;
    }
    let sandbox = Sandbox::new("bash-in-bash");
    let (shell, terminal) = bash(&sandbox);
    line(&terminal, &format!("{PARENT} bash --norc --noprofile --noediting -i"));
    let child_of =
        |pid: u32, what: &str| wait_for(what, PATIENCE, || children_of(pid).first().copied());
    let master = child_of(shell.pid(), "the master");
    let inner = child_of(child_of(master, "its child"), "the inner shell");
    let is_in_front = |pid: u32| foreground(shell.pid()) == pid.cast_signed();
    wait_until("the inner shell to be in front", PATIENCE, || is_in_front(inner));
    // That group reads what is typed, and the signals of the keys do not go to the master.
    line(&terminal, "echo inside $((40 + 2))");
    shell.wait_line("inside 42", PATIENCE);
    line(&terminal, "cat; echo over $?");
    wait_until("cat to be in front", PATIENCE, || !is_in_front(inner));
    terminal.press(Terminal::CTRL_C);
    wait_until("the inner shell to be back", PATIENCE, || is_in_front(inner));
    line(&terminal, "exit 3");
    shell.wait_line("exit", PATIENCE);
    wait_until("the outer shell to be back", PATIENCE, || is_in_front(shell.pid()));
    finish(sandbox, &shell, &terminal, 1);
}
