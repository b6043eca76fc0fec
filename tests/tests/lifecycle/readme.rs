//! Tests the first program of the README with difficult clients.

use selfup_tests::sandbox::{PATIENCE, Sandbox, children_of, state_of, wait_until};
use socket2::SockRef;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

const README: &str = include_str!("../../../README.md");
const PROGRAM: &str = include_str!("../../src/bin/readme.rs");

/// What one client receives.
fn greeting(address: SocketAddr) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    said
}

/// Connects, and resets the connection before it is accepted.
fn come_and_reset(address: SocketAddr) {
    let client = TcpStream::connect(address).unwrap();
    SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
}

fn send(pid: u32, signal: nix::sys::signal::Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

#[test]
fn it_is_the_program_that_is_tested_here() {
    let program = README.split_once("\nfn program(").unwrap().1.split_once("\n}\n").unwrap().0;
    assert!(PROGRAM.contains(program), "the README has\nfn program({program}\n}}");
}

#[test]
fn clients_that_reset_do_not_end_it() {
    let sandbox = Sandbox::new("readme");
    let mut command = Command::new(env!("CARGO_BIN_EXE_readme"));
    command.arg("127.0.0.1:0");
    let master = sandbox.start(command);
    let address = master.wait_listening(PATIENCE);
    assert!(greeting(address).ends_with(" says hello\n"));
    let children = children_of(master.pid());
    let [child] = children[..] else { panic!("its children are {children:?}") };
    // The program finds all of them closed.
    send(child, nix::sys::signal::SIGSTOP);
    wait_until("the child to stop", PATIENCE, || state_of(child) == Some('T'));
    (0..50).for_each(|_| come_and_reset(address));
    send(child, nix::sys::signal::SIGCONT);
    assert!(greeting(address).ends_with(" says hello\n"));
    assert_eq!(children_of(master.pid()), children, "the same child serves on");
    // Some reset while it accepts.
    (0..500).for_each(|_| come_and_reset(address));
    assert!(greeting(address).ends_with(" says hello\n"));
    assert_eq!((children_of(master.pid()), master.status()), (children, None));
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}
