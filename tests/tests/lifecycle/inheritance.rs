//! Tests what the program inherits from its master, and its own children from it.

use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, fds_of, wait_until};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// Starts a program with no descriptor but the standard streams, whatever the tests have inherited,
/// and with a FIFO as its input.
const CLEANLY: &str = r#"for fd in /proc/$$/fd/*; do
    fd=${fd##*/}
    if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
done
exec "$@" < input"#;

/// The `parent` under its master, with the pids of itself and of what it started.
struct Family {
    master: Process,
    child: u32,
    grandchild: u32,
    /// Held open: when it closes, all processes end.
    input: fs::File,
}

impl Family {
    fn start(sandbox: &Sandbox) -> Self {
        let input = Gate::closed(sandbox, "input");
        let mut command = Command::new("bash");
        command.args(["-c", CLEANLY, "bash", env!("CARGO_BIN_EXE_parent")]);
        // What an activated service leaves in the environment of what it starts, for example.
        command.envs([("LISTEN_PID", "1"), ("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "other")]);
        let master = sandbox.start(command);
        let input = input.open();
        let only_numbers = |line: &str| line.split(' ').all(|word| word.parse::<u32>().is_ok());
        let line = master.wait_line_where("two pids", PATIENCE, only_numbers);
        let mut pids = line.split(' ').map(|pid| pid.parse().unwrap());
        Self { master, child: pids.next().unwrap(), grandchild: pids.next().unwrap(), input }
    }

    fn end(self, sandbox: Sandbox) {
        drop(self.input);
        assert!(self.master.wait(PATIENCE).success());
        sandbox.finish();
    }
}

fn standard_streams(pid: u32) -> Vec<(u32, PathBuf)> {
    fds_of(pid).into_iter().filter(|(fd, _)| *fd <= 2).collect()
}

#[test]
fn the_standard_streams_are_those_of_the_master() {
    let sandbox = Sandbox::new("streams");
    let mut family = Family::start(&sandbox);
    let given = standard_streams(family.master.pid());
    assert_eq!(given.len(), 3);
    assert!(given[0].1.ends_with("input"));
    assert_ne!(given[1].1, given[2].1);
    assert_eq!(standard_streams(family.child), given);
    assert_eq!(standard_streams(family.grandchild), given);
    family.input.write_all(b"through all of them\n").unwrap();
    family.master.wait_line("through all of them", PATIENCE);
    family.end(sandbox);
}

#[test]
fn what_the_program_starts_has_no_other_descriptor() {
    let sandbox = Sandbox::new("descriptors");
    let family = Family::start(&sandbox);
    let streams = standard_streams(family.master.pid());
    // It opens files of its own for a moment when it starts, such as those of its locale; what it had
    // been given would stay.
    wait_until("the standard streams alone", PATIENCE, || fds_of(family.grandchild) == streams);
    // The program: three sockets, one of which it has not taken, the control channel, and the pipe
    // that wakes the thread which hears the master.
    let others = fds_of(family.child).into_iter().skip(3);
    let others: Vec<_> = others.map(|(_, target)| target.display().to_string()).collect();
    let count = |kind: &str| others.iter().filter(|target| target.starts_with(kind)).count();
    assert_eq!((count("socket:"), count("pipe:"), others.len()), (4, 2, 6), "{others:?}");
    family.end(sandbox);
}

#[test]
fn a_process_that_the_program_starts_inherits_nothing_of_the_master() {
    let sandbox = Sandbox::new("environment");
    let family = Family::start(&sandbox);
    let names = |pid: u32| -> Vec<String> {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
        let variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let names = variables.filter_map(|it| Some(it.split_once('=')?.0.to_owned()));
        let ours = |name: &String| name.starts_with("LISTEN_") || name.starts_with("SELFUP_");
        names.filter(|name| ours(name) && !name.starts_with("SELFUP_TEST")).collect()
    };
    // As it was when the program was executed: else this test would look for the wrong ones.
    let mut given = names(family.child);
    given.sort_unstable();
    let expected = ["LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID"];
    assert_eq!(given[..3], expected);
    assert!(given.len() > expected.len(), "{given:?}");
    assert_eq!(names(family.grandchild), [""; 0]);
    family.end(sandbox);
}

/// A thread that reads the environment while a variable is removed may read anything.
#[test]
fn variables_are_left_alone_where_another_thread_may_be_reading_them() {
    for (word, left) in [
        ("alone", "[]"),
        (
            "threaded",
            r#"["LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID", "SELFUP_BIN_PATH", "SELFUP_CONTROL", "SELFUP_CONTROL_PID", "SELFUP_GENERATION"]"#,
        ),
    ] {
        let sandbox = Sandbox::new(&format!("variables-{word}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_serving"));
        command.args(["incoming", "variables", word]);
        let master = sandbox.start(command);
        master.wait_line(&format!("#1 finds {left}"), PATIENCE);
        master.wait_line("child #1 serves", PATIENCE);
        // Nor do they confuse the next child, which has its own.
        master.signal(libc::SIGUSR2);
        master.wait_line(&format!("#2 finds {left}"), PATIENCE);
        master.wait_line("child #2 serves", PATIENCE);
        master.wait_line("child #1 exited with code 0", PATIENCE);
        master.signal(libc::SIGTERM);
        assert_eq!(master.wait(PATIENCE).code(), Some(0));
        sandbox.finish();
    }
}
