//! Tests old and new versions on the control channel: `frames/v1` has the frozen messages of version
//! 1, and `frames/next` those that a later version may send.

#![allow(clippy::disallowed_methods, reason = "a child is started as a master does it")]

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, recv, send, setsockopt, socketpair, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use selfup_fds::{FdSet, Inherited};
use selfup_tests::need;
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox};
use selfup_tests::service_manager::ServiceManager;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Child, Command, Stdio};

const APP: &str = env!("CARGO_BIN_EXE_upgradable");

/// A child that knows nothing but the wire: it sends what the file `say` lists, prints what it
/// receives, and replies to `ask`.
const CHILD: &str = r#"#!/usr/bin/env python3
import os, socket
control = socket.socket(fileno=int(os.environ["SELFUP_CONTROL"]))
name = '#' + os.environ["SELFUP_GENERATION"]
for frame in open("say").read().split():
    control.send(open(frame, "rb").read())
heard = None
while heard not in (b"", open("drain", "rb").read()):
    heard = control.recv(2048)
    print(name, "heard", heard.hex(), flush=True)
    if heard == open("ask", "rb").read():
        control.send(open("alive", "rb").read())
"#;

fn frame(name: &str) -> Vec<u8> {
    let path = format!("{}/frames/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A place for a master of today and children that say these frames.
fn place(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name);
    sandbox.copy(APP, "app");
    sandbox.script("child", CHILD);
    for name in ["drain", "ask", "alive"] {
        sandbox.write(name, frame(&format!("v1/{name}")));
    }
    sandbox
}

fn say(sandbox: &Sandbox, frames: &[&str]) {
    let paths = frames.iter().map(|name| format!("{}/frames/{name}", env!("CARGO_MANIFEST_DIR")));
    sandbox.write("say", paths.collect::<Vec<_>>().join("\n"));
}

fn master(sandbox: &Sandbox, more: impl FnOnce(&mut Command)) -> Process {
    let mut command = Command::new(sandbox.join("app"));
    command.args(["exec_file=child", "address=127.0.0.1:0", "debug", "terminate_timeout=60000"]);
    more(&mut command);
    sandbox.start(command)
}

fn restart(master: &Process) {
    master.signal(libc::SIGUSR2);
}

fn end(master: &Process, sandbox: Sandbox) {
    master.signal(libc::SIGTERM);
    master.wait(PATIENCE);
    sandbox.finish();
}

#[test]
fn a_child_of_version_1_is_served_and_replaced() {
    if !need::program("python3") {
        return;
    }
    let sandbox = place("protocol-v1");
    let manager = ServiceManager::new(&sandbox);
    say(&sandbox, &["v1/hello-1.4.2", "v1/trusts-key", "v1/status", "v1/ready"]);
    let master = master(&sandbox, |command| {
        manager.of(command.arg("watchdog=child").env("WATCHDOG_USEC", "200000"));
    });
    master.wait_line("[selfup master] child #1 reports: warming the cache", PATIENCE);
    master.wait_line("[selfup master] child #1 serves, version 1.4.2", PATIENCE);
    manager.wait(&["READY=1"]);
    master.wait_line("#1 heard 82", PATIENCE);
    manager.wait(&["WATCHDOG=1"]);
    say(&sandbox, &["v1/hello", "v1/ready"]);
    restart(&master);
    master.wait_line("[selfup master] child #2 serves", PATIENCE);
    master.wait_line("#1 heard 81", PATIENCE);
    master.wait_line("[selfup master] child #1 exited with code 0", PATIENCE);
    end(&master, sandbox);
}

#[test]
fn a_child_may_say_how_many_connections_it_has() {
    if !need::program("python3") {
        return;
    }
    let sandbox = place("protocol-connections");
    sandbox.expect_files(["app.sock", "app.lock"]);
    let near = |command: &mut Command| {
        command.env("RUNTIME_DIRECTORY", sandbox.path()).env_remove("XDG_RUNTIME_DIR");
    };
    let shows = |words: &str| {
        let mut status = Command::new(sandbox.join("app"));
        near(status.args(["selfup", "status", "--json"]));
        let told = String::from_utf8(status.output().unwrap().stdout).unwrap();
        assert!(told.contains(words), "no {words} in {told}");
    };
    // One of before there was such a message does not.
    say(&sandbox, &["v1/hello", "v1/ready"]);
    let master = master(&sandbox, |command| near(command.arg("control=app")));
    master.wait_line("[selfup master] child #1 serves", PATIENCE);
    shows(r#""connections":null"#);
    say(&sandbox, &["v1/hello", "v1/connections", "v1/ready"]);
    restart(&master);
    master.wait_line("[selfup master] child #2 serves", PATIENCE);
    shows(r#""connections":3"#);
    end(&master, sandbox);
}

#[test]
fn messages_with_more_bytes_are_read_as_far_as_they_are_known() {
    if !need::program("python3") {
        return;
    }
    let sandbox = place("protocol-more");
    say(&sandbox, &["next/hello-v1-with-more", "next/from-child", "v1/ready"]);
    let master = master(&sandbox, |_| {});
    master.wait_line("[selfup master] child #1 serves, version 1.9.0", PATIENCE);
    end(&master, sandbox);
}

#[test]
fn a_child_of_the_next_version_is_refused_before_the_running_one_is_touched() {
    if !need::program("python3") {
        return;
    }
    let sandbox = place("protocol-next");
    say(&sandbox, &["v1/hello", "v1/ready"]);
    let master = master(&sandbox, |_| {});
    master.wait_line("[selfup master] child #1 serves", PATIENCE);
    say(&sandbox, &["next/hello", "v1/ready"]);
    restart(&master);
    let refusal = "child #2 speaks version 2 of the control protocol, this master version 1; restart \
                   the service to replace the master";
    println!("{}", master.wait_line(refusal, PATIENCE));
    master.wait_line("[selfup master] child #2 was killed by SIGKILL", PATIENCE);
    // The next one is of the old version again; until it is ready, the master sends
    // nothing to the first.
    say(&sandbox, &["v1/hello", "v1/ready"]);
    restart(&master);
    master.wait_line("[selfup master] child #3 serves", PATIENCE);
    master.wait_line("#1 heard 81", PATIENCE);
    let heard: Vec<_> =
        master.lines().into_iter().filter(|line| line.starts_with("#1 heard")).collect();
    assert_eq!(heard, ["#1 heard 81"]);
    end(&master, sandbox);
}

/// A child of today, and the master's end of its channel, held by the test.
struct Supervised {
    child: Child,
    control: OwnedFd,
}

impl Supervised {
    fn start(sandbox: &Sandbox, words: &[&str]) -> Self {
        let (control, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)
                .unwrap();
        let patience = TimeVal::seconds(PATIENCE.as_secs().try_into().unwrap());
        setsockopt(&control, sockopt::ReceiveTimeout, &patience).unwrap();
        let mut fds = FdSet::new();
        fds.bind("address-0", &"127.0.0.1:0".parse().unwrap(), &mut Inherited::none()).unwrap();
        let mut pass = fds.pass();
        let number = pass.extra(theirs.as_fd());
        let mut command = Command::new(APP);
        command
            .args(["address=127.0.0.1:0"])
            .args(words)
            .current_dir(sandbox.path())
            .env("SELFUP_CONTROL", number.to_string())
            .env("SELFUP_GENERATION", "7")
            .env("SELFUP_BIN_PATH", APP)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let child = pass.spawn(&mut command).unwrap();
        Self { child, control }
    }

    fn say(&self, name: &str) {
        send(self.control.as_raw_fd(), &frame(name), MsgFlags::MSG_NOSIGNAL).unwrap();
    }

    #[track_caller]
    fn hears(&self, expected: &str) {
        let mut packet = [0; 2048];
        let length = recv(self.control.as_raw_fd(), &mut packet, MsgFlags::empty()).unwrap();
        assert_eq!(packet[..length], frame(expected), "{expected}");
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_present_child_sends_the_messages_of_version_1() {
    let sandbox = Sandbox::new("protocol-child");
    let plain = Supervised::start(&sandbox, &[]);
    plain.hears("v1/hello");
    plain.hears("v1/ready");
    drop(plain);
    let versioned = Supervised::start(&sandbox, &["version=1.4.2"]);
    versioned.hears("v1/hello-1.4.2");
    versioned.hears("v1/ready");
    drop(versioned);
    let key = String::from_utf8(frame("v1/trusts-key")).unwrap().split_off(1);
    let trusting = Supervised::start(&sandbox, &["version=1.4.2", &format!("trusted_key={key}")]);
    trusting.hears("v1/hello-1.4.2");
    trusting.hears("v1/trusts-key");
    trusting.hears("v1/ready");
    drop(trusting);
    sandbox.finish();
}

#[test]
fn a_child_of_today_does_what_it_knows_under_the_next_master() {
    let sandbox = Sandbox::new("protocol-master");
    let mut child = Supervised::start(&sandbox, &[]);
    child.hears("v1/hello");
    child.say("next/from-master");
    child.hears("v1/ready");
    child.say("v1/ask");
    child.hears("v1/alive");
    child.say("next/drain-with-more");
    assert!(child.child.wait().unwrap().success(), "it finishes");
    sandbox.finish();
}
