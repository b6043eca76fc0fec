//! Tests that the master leaks nothing over many restarts.

use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, children_of, fds_of, threads_of, wait_until,
};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

/// A master whose children do nothing but serve.
struct Service {
    master: Process,
    address: SocketAddr,
    /// The child that serves.
    last: u32,
    /// The child that was started last.
    started: u32,
}

/// The resources of a process that could grow. Zombies count as children.
#[derive(Debug, PartialEq, Eq)]
struct Belongings {
    /// The number of each kind: sockets and pipes differ by their inodes alone.
    fds: BTreeMap<String, usize>,
    threads: usize,
    children: usize,
}

impl Belongings {
    fn of(pid: u32) -> Self {
        let mut fds = BTreeMap::new();
        for (_, target) in fds_of(pid) {
            let target = target.to_string_lossy();
            *fds.entry(target.split(':').next().unwrap().to_owned()).or_default() += 1;
        }
        Self { fds, threads: threads_of(pid), children: children_of(pid).len() }
    }
}

/// How much more memory of its own a master may have in the end. Measured: 20 to 30 KiB from the
/// 20th to the 200th restart, and 8 more each time their number doubles, so this is what the
/// allocator scatters and no leak, which would go on: the bound is 360 bytes for each restart.
const SCATTERED: u64 = 64;

/// The memory that nothing but this process uses, in KiB: its heap, its stacks, its variables.
fn memory_of(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let kib = |what: &str| -> u64 {
        let line = rollup.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    kib("Anonymous") + kib("Swap")
}

impl Service {
    fn start(sandbox: &Sandbox, executable: impl AsRef<Path>) -> Self {
        let master = sandbox.start(Command::new(executable.as_ref()));
        master.wait_line("child #1 serves", PATIENCE);
        let address = master.wait_listening(PATIENCE);
        Self { master, address, last: 1, started: 1 }
    }

    fn restart(&mut self) {
        self.started += 1;
        self.master.signal(libc::SIGUSR2);
        self.master.wait_line(&format!("child #{} serves", self.started), PATIENCE);
        self.master.wait_line(&format!("child #{} exited with code 0", self.last), PATIENCE);
        self.last = self.started;
    }

    /// Asks for a restart that fails, as the master says in these words.
    fn restart_in_vain(&mut self, says: &str) {
        self.started += 1;
        self.master.signal(libc::SIGUSR2);
        let subject = format!("child #{}", self.started);
        let says_so = |line: &str| line.contains(&subject) && line.contains(says);
        self.master.wait_line_where(&format!("{subject} … {says}"), PATIENCE, says_so);
    }

    /// The resources of master and child, once nothing is under way.
    fn settled(&self) -> [Belongings; 2] {
        let master = self.master.pid();
        // No process reacts to this signal. When it has been passed on, the master is through with all
        // that it had said before.
        self.master.signal(libc::SIGWINCH);
        self.master.wait_line("forwarded SIGWINCH", PATIENCE);
        wait_until("a single child", PATIENCE, || children_of(master).len() == 1);
        let child = children_of(master)[0];
        self.visit();
        // The program, and those that hear the master and SIGTERM.
        wait_until("the thread of the visit to end", PATIENCE, || threads_of(child) == 3);
        [Belongings::of(master), Belongings::of(child)]
    }

    /// Makes the child accept a connection, so that it has created all of its resources.
    fn visit(&self) {
        let mut visitor = TcpStream::connect(self.address).unwrap();
        visitor.shutdown(Shutdown::Write).unwrap();
        let mut said = String::new();
        visitor.read_to_string(&mut said).unwrap();
        assert!(said.ends_with("bye\n"), "{said}");
    }

    fn end(self, sandbox: Sandbox) {
        self.master.signal(libc::SIGTERM);
        self.master.wait(PATIENCE);
        sandbox.finish();
    }
}

#[test]
fn two_hundred_restarts_leave_what_two_have_left() {
    let sandbox = Sandbox::new("restarts");
    let mut service = Service::start(&sandbox, env!("CARGO_BIN_EXE_holder"));
    let master = service.master.pid();
    (0..2).for_each(|_| service.restart());
    let early = service.settled();
    (0..18).for_each(|_| service.restart());
    let memory = memory_of(master);
    (0..180).for_each(|_| service.restart());
    assert_eq!(service.settled(), early);
    assert_no_more_memory(master, memory);
    service.end(sandbox);
}

#[test]
fn a_hundred_candidates_that_fail_leave_nothing() {
    let sandbox = Sandbox::new("failures");
    let mut service = Service::start(&sandbox, env!("CARGO_BIN_EXE_holder"));
    let broken = sandbox.write("broken", "");
    a_hundred_leave_nothing(&mut service, "before it was ready");
    fs::remove_file(broken).unwrap();
    service.restart();
    service.end(sandbox);
}

#[test]
fn a_hundred_candidates_that_cannot_be_started_leave_nothing() {
    let sandbox = Sandbox::new("no-executable");
    let executable = sandbox.copy(env!("CARGO_BIN_EXE_holder"), "holder");
    let mut service = Service::start(&sandbox, &executable);
    let away = sandbox.join("away");
    fs::rename(&executable, &away).unwrap();
    a_hundred_leave_nothing(&mut service, "could not start");
    fs::rename(away, executable).unwrap();
    service.restart();
    service.end(sandbox);
}

fn a_hundred_leave_nothing(service: &mut Service, says: &str) {
    let master = service.master.pid();
    (0..2).for_each(|_| service.restart_in_vain(says));
    let early = service.settled();
    (0..8).for_each(|_| service.restart_in_vain(says));
    let memory = memory_of(master);
    (0..90).for_each(|_| service.restart_in_vain(says));
    assert_eq!(service.settled(), early);
    assert_no_more_memory(master, memory);
}

#[track_caller]
fn assert_no_more_memory(pid: u32, than: u64) {
    let now = memory_of(pid);
    assert!(now < than + SCATTERED, "{now} KiB, after {than} KiB before");
}
