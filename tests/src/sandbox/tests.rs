//! Tests that the sandbox finds what it must find.

use super::*;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// The message of the panic that `finish` must end with.
fn complaint(mut sandbox: Sandbox) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| sandbox.finish_within(Duration::ZERO)));
    *panic.unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn a_program_s_lines_and_end_are_seen() {
    let sandbox = Sandbox::new("lines");
    let process = sandbox.start(shell("echo out; echo err >&2; pwd; kill -TERM $$"));
    process.wait_line("err", PATIENCE);
    process.wait_line("out", PATIENCE);
    process.wait_line(sandbox.path().to_str().unwrap(), PATIENCE);
    assert_eq!(process.wait(PATIENCE).signal(), Some(libc::SIGTERM));
    assert_eq!(process.wait_all_lines(PATIENCE).len(), 3);
    sandbox.finish();
}

#[test]
fn a_signal_arrives() {
    let sandbox = Sandbox::new("signal");
    let process =
        sandbox.start(shell("trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done"));
    process.wait_line("ready", PATIENCE);
    process.signal(libc::SIGUSR1);
    assert_eq!(process.wait(PATIENCE).code(), Some(7));
    sandbox.finish();
}

#[test]
fn a_missing_line_is_reported_at_once() {
    let sandbox = Sandbox::new("no-line");
    let process = sandbox.start(shell("echo something else"));
    let wait = catch_unwind(AssertUnwindSafe(|| process.wait_line("ready", PATIENCE)));
    let message = *wait.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, "sh ended without “ready”");
    sandbox.finish();
}

#[test]
fn a_process_left_running_is_found_and_killed() {
    let sandbox = Sandbox::new("left-process");
    let process = sandbox.start(shell("echo up; exec sleep 1000"));
    process.wait_line("up", PATIENCE);
    let complaint = complaint(sandbox);
    assert!(complaint.contains(&format!("the process {}: ", process.pid())), "{complaint}");
    assert_eq!(process.status().unwrap().signal(), Some(libc::SIGKILL));
}

#[test]
fn an_orphan_in_another_session_is_found_and_killed() {
    let sandbox = Sandbox::new("left-orphan");
    let process = sandbox.start(shell("cd /; setsid sleep 1000 >&- 2>&- & echo $!"));
    let orphan: u32 = process.wait_line("", PATIENCE).parse().unwrap();
    assert!(process.wait(PATIENCE).success());
    // In the middle of execve(2) a process has no environment that could be read.
    wait_until("the program to run", PATIENCE, || proc::command_line(orphan) == "sleep 1000");
    let complaint = complaint(sandbox);
    assert!(complaint.contains(&format!("the process {orphan}: ")), "{complaint}");
    wait_until("the orphan's end", PATIENCE, || matches!(state_of(orphan), None | Some('Z')));
}

#[test]
fn a_process_with_an_empty_environment_is_found_by_what_it_runs() {
    let sandbox = Sandbox::new("left-bare");
    let sleep = sandbox.copy("/bin/sleep", "sleep");
    let script = format!("cd /; env -i {} 1000 & echo $!", sleep.display());
    let process = sandbox.start(shell(&script));
    let bare: u32 = process.wait_line("", PATIENCE).parse().unwrap();
    assert!(process.wait(PATIENCE).success());
    wait_until("the program to run", PATIENCE, || {
        fs::read_link(format!("/proc/{bare}/exe")).is_ok_and(|exe| exe == sleep)
    });
    let complaint = complaint(sandbox);
    assert!(complaint.contains(&format!("the process {bare}: ")), "{complaint}");
}

#[test]
fn a_file_left_over_is_found_and_an_expected_one_is_not() {
    let sandbox = Sandbox::new("left-file");
    sandbox.write("given", "");
    sandbox.expect_files(["made", "kept/inside"]);
    let script = "touch made stray; mkdir kept empty; touch kept/inside kept/stray";
    sandbox.start(shell(script)).wait(PATIENCE);
    let complaint = complaint(sandbox);
    let listed: Vec<&str> = complaint.lines().skip(1).map(str::trim).collect();
    assert_eq!(listed, ["the file kept/stray", "the file stray", "the folder empty"]);
}

#[test]
fn to_forget_the_end_is_a_failure() {
    let dropped = catch_unwind(|| drop(Sandbox::new("forgotten")));
    let message = *dropped.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("without finish()"), "{message}");
}

#[test]
fn a_failed_test_leaves_nothing_running_either() {
    let pid = std::sync::atomic::AtomicU32::new(0);
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let sandbox = Sandbox::new("failed");
        let process = sandbox.start(shell("exec sleep 1000"));
        pid.store(process.pid(), std::sync::atomic::Ordering::Relaxed);
        panic!("the test's own failure");
    }));
    assert!(failed.is_err());
    assert_eq!(state_of(pid.into_inner()), None);
}

#[test]
fn a_copy_can_be_run_at_once() {
    let sandbox = Sandbox::new("copy");
    for _ in 0..20 {
        let copy = sandbox.copy("/bin/true", "copy");
        assert!(sandbox.start(Command::new(copy)).wait(PATIENCE).success());
    }
    sandbox.finish();
}

#[test]
fn children_fds_and_threads_are_counted() {
    let sandbox = Sandbox::new("family");
    let process = sandbox.start(shell("exec 7</dev/null; sleep 1000 & echo $!; wait"));
    let child: u32 = process.wait_line("", PATIENCE).parse().unwrap();
    assert_eq!(children_of(process.pid()), [child]);
    assert!(fds_of(process.pid()).contains(&(7, PathBuf::from("/dev/null"))));
    assert_eq!(threads_of(process.pid()), 1);
    sys::kill(child, libc::SIGKILL).unwrap();
    process.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn ctrl_c_ends_what_runs_on_the_terminal() {
    let sandbox = Sandbox::new("ctrl-c");
    let (process, terminal) = sandbox.start_on_terminal(shell("echo ready; exec sleep 1000"));
    process.wait_line("ready", PATIENCE);
    terminal.press(Terminal::CTRL_C);
    assert_eq!(process.wait(PATIENCE).signal(), Some(libc::SIGINT));
    process.wait_all_lines(PATIENCE);
    sandbox.finish();
}

#[test]
fn ctrl_z_stops_a_job_of_a_shell_and_fg_continues_it() {
    let sandbox = Sandbox::new("ctrl-z");
    let mut command = Command::new("sh");
    command.args(["-mc", "sh -c 'echo $$ runs; exec sleep 1000'; echo stopped; fg; echo over"]);
    let (process, terminal) = sandbox.start_on_terminal(command);
    let line = process.wait_line("runs", PATIENCE);
    let job: u32 = line.split_whitespace().next().unwrap().parse().unwrap();
    terminal.press(Terminal::CTRL_Z);
    process.wait_line("stopped", PATIENCE);
    wait_until("the job to go on", PATIENCE, || matches!(state_of(job), Some('S' | 'R')));
    terminal.press(Terminal::CTRL_C);
    process.wait(PATIENCE);
    process.wait_all_lines(PATIENCE);
    sandbox.finish();
}

/// A script's background job, or `nohup`, has signals ignored; what a test starts must not.
#[test]
fn ctrl_c_works_in_tests_that_run_in_the_background() {
    let sandbox = Sandbox::new("background");
    let mut command = shell("trap '' INT QUIT HUP; exec \"$0\" --exact \"$1\"");
    command
        .arg(std::env::current_exe().unwrap())
        .arg("sandbox::tests::ctrl_c_ends_what_runs_on_the_terminal");
    let process = sandbox.start(command);
    process.wait_line("1 passed", PATIENCE);
    assert!(process.wait(PATIENCE).success());
    sandbox.finish();
}
