//! Tests that the children finish and exit when the master is killed.

use selfup_tests::gate::Gate;
use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, children_of, state_of, tcp_listeners, wait_until,
};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

fn holder(sandbox: &Sandbox, options: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holder"));
    command.args(options);
    let process = sandbox.start(command);
    process.wait_line("child #1 serves", PATIENCE);
    process
}

/// A client in the middle of a request.
struct Client {
    stream: BufReader<TcpStream>,
    /// What the program reports about itself.
    served_by: String,
}

impl Client {
    fn of(address: SocketAddr) -> Self {
        let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
        stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        stream.get_mut().write_all(b"a request of several parts").unwrap();
        let mut served_by = String::new();
        stream.read_line(&mut served_by).unwrap();
        Self { stream, served_by: served_by.trim_end().to_owned() }
    }

    /// Ends the request and reads the response.
    fn finish(mut self) -> String {
        self.stream.get_mut().write_all(b", and this is the last").unwrap();
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
        let mut response = String::new();
        self.stream.read_to_string(&mut response).unwrap();
        response
    }

    fn pid(&self) -> u32 {
        self.served_by.split(' ').next_back().unwrap().parse().unwrap()
    }
}

fn kill_master(master: &Process) {
    master.signal(libc::SIGKILL);
    assert_eq!(master.wait(PATIENCE).signal(), Some(libc::SIGKILL));
}

fn wait_gone(pid: u32) {
    let gone = || matches!(state_of(pid), None | Some('Z'));
    wait_until(&format!("the end of {pid}"), PATIENCE, gone);
}

/// A process of several threads is a zombie when its first one has ended, and has its sockets until
/// the last one has.
fn wait_free(address: SocketAddr) {
    wait_until("the port to be free", PATIENCE, || TcpListener::bind(address).is_ok());
}

#[test]
fn children_finish_what_they_have_and_are_gone() {
    let sandbox = Sandbox::new("orphans");
    let master = holder(&sandbox, &[]);
    let address = master.wait_listening(PATIENCE);
    let at_first = Client::of(address);
    master.signal(libc::SIGUSR2);
    master.wait_line("child #2 serves", PATIENCE);
    master.wait_line("#1 drains", PATIENCE);
    let at_second = Client::of(address);
    let pids = [at_first.pid(), at_second.pid()];
    assert!(at_first.served_by.starts_with("#1 ") && at_second.served_by.starts_with("#2 "));

    kill_master(&master);
    master.wait_line("#2 drains", PATIENCE);
    // No child accepts any more, but what began goes on.
    wait_until("the port to be left", PATIENCE, || tcp_listeners(pids[1]).is_empty());
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(at_second.finish(), "bye\n");
    wait_gone(pids[1]);
    assert_eq!(at_first.finish(), "bye\n");
    wait_gone(pids[0]);

    wait_free(address);
    sandbox.finish();
}

#[test]
fn one_that_does_not_finish_is_gone_after_the_terminate_timeout() {
    let sandbox = Sandbox::new("stubborn-orphan");
    let master = holder(&sandbox, &["stubborn", "terminate=500"]);
    let address = master.wait_listening(PATIENCE);
    let client = Client::of(address);
    kill_master(&master);
    master.wait_line("#1 drains", PATIENCE);
    wait_gone(client.pid());
    wait_free(address);
    sandbox.finish();
}

/// No client depends on a child that is still starting.
#[test]
fn one_that_starts_is_gone_too() {
    for stuck in [true, false] {
        let sandbox = Sandbox::new("starting-orphan");
        let gate = Gate::closed(&sandbox, "gate-2");
        let timeout = if stuck { "terminate=500" } else { "terminate=60000" };
        let master = holder(&sandbox, &[timeout]);
        let address = master.wait_listening(PATIENCE);
        master.signal(libc::SIGUSR2);
        master.wait_line("#2 runs as", PATIENCE);
        let children = children_of(master.pid());
        assert_eq!(children.len(), 2);
        kill_master(&master);
        if !stuck {
            gate.open();
            master.wait_line("#2 drains", PATIENCE);
        }
        children.into_iter().for_each(wait_gone);
        wait_free(address);
        sandbox.finish();
    }
}

/// The next master takes over where the first was killed, while the children of that one finish.
#[test]
fn a_new_master_can_serve_while_the_orphans_finish() {
    let sandbox = Sandbox::new("next-master");
    let master = holder(&sandbox, &[]);
    let address = master.wait_listening(PATIENCE);
    let client = Client::of(address);
    let orphan = client.pid();
    kill_master(&master);
    wait_until("the port to be left", PATIENCE, || tcp_listeners(orphan).is_empty());

    let next = holder(&sandbox, &[&format!("address={address}")]);
    let new_client = Client::of(address);
    assert_ne!(new_client.pid(), orphan);
    assert_eq!(client.finish(), "bye\n");
    wait_gone(orphan);
    assert_eq!(new_client.finish(), "bye\n");
    next.signal(libc::SIGTERM);
    assert_eq!(next.wait(PATIENCE).code(), Some(0));
    sandbox.finish();
}
