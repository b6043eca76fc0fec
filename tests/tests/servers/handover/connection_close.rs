//! Tests what a client sees when the child that accepted its connection drains.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    os::{fd::AsFd, unix::net::UnixStream},
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::{
    socket::{setsockopt, sockopt},
    time::{TimeVal, TimeValLike},
};
use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, children_of, tcp_listeners, wait_for, wait_until,
};
use selfup_tests::uninterrupted::uninterrupted;

use super::{actix, axum, hello, hyper, stop, tokio};

/// How long the examples wait for connections that are silent.
const GRACE: Duration = Duration::from_secs(3);

/// Repeats what failed where the machine was so slow that the grace may have been over.
fn within_the_grace(mut scenario: impl FnMut() -> io::Result<()>) {
    wait_until("a restart within the grace", 4 * PATIENCE, || {
        let begun = Instant::now();
        scenario().inspect_err(|error| assert!(begun.elapsed() >= GRACE, "{error}")).is_ok()
    });
}

/// An error with the response, unless the old child sent it and closes the connection.
fn is_last_of(old: &str, response: &str) -> io::Result<()> {
    match response.contains(old) && says_close(response) {
        true => Ok(()),
        false => Err(io::Error::other(format!("{response:?}"))),
    }
}

#[test]
fn axum_serves_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-axum");
    sandbox.expect_files(["axum"]);
    serves_a_connection_that_was_silent(axum(&sandbox), lets_go_of_the_socket);
    sandbox.finish();
}

#[test]
fn hyper_serves_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-hyper");
    sandbox.expect_files(["hyper"]);
    serves_a_connection_that_was_silent(hyper(&sandbox), lets_go_of_the_socket);
    sandbox.finish();
}

#[test]
fn actix_serves_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-actix");
    sandbox.expect_files(["actix"]);
    // It keeps the socket until it stops, and does not watch it any more.
    serves_a_connection_that_was_silent(actix(&sandbox), |_| ());
    sandbox.finish();
}

#[test]
fn plain_std_serves_a_connection_that_was_silent_until_the_restart() {
    let sandbox = Sandbox::new("handover-silent-std");
    sandbox.expect_files(["hello"]);
    // It keeps the socket until it ends, and does not accept any more.
    serves_a_connection_that_was_silent(hello(&sandbox), |_| ());
    sandbox.finish();
}

#[test]
fn axum_hands_a_unix_socket_over() {
    hands_a_unix_socket_over("axum", env!("CARGO_BIN_EXE_axum-example"), &["--address"]);
}

#[test]
fn hyper_hands_a_unix_socket_over() {
    hands_a_unix_socket_over("hyper", env!("CARGO_BIN_EXE_hyper-example"), &[]);
}

#[test]
fn actix_hands_a_unix_socket_over() {
    hands_a_unix_socket_over("actix", env!("CARGO_BIN_EXE_actix-example"), &[]);
}

fn hands_a_unix_socket_over(name: &str, program: &str, arguments: &[&str]) {
    let sandbox = Sandbox::new(&format!("handover-unix-{name}"));
    let path = sandbox.join("socket");
    let mut command = Command::new(sandbox.copy(program, name));
    command.args(arguments).arg(format!("unix://{}", path.display()));
    let process = sandbox.start(command);
    let connect = || UnixStream::connect(&path);
    drop(wait_for("the socket", PATIENCE, || connect().ok()));
    within_the_grace(|| {
        let (mut kept, mut silent, mut later) = (connect()?, connect()?, connect()?);
        let response = ask(&mut kept)?;
        let old = format!("pid={} ", children_of(process.pid())[0]);
        // The silent connection was accepted before.
        assert!(response.contains(&old) && ask(&mut later)?.contains(&old), "{response:?}");
        process.signal(libc::SIGUSR2);
        wait_until("an answer of the new child", PATIENCE, || {
            !connect().and_then(|mut it| ask(&mut it)).unwrap().contains(&old)
        });
        while !says_close(&ask(&mut kept)?) {}
        let responses = [&mut silent, &mut later].map(ask);
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
        assert!(!ask(&mut connect()?)?.contains(&old), "the socket is still there");
        responses.into_iter().try_for_each(|response| is_last_of(&old, &response?))
    });
    stop(&process);
    sandbox.finish();
}

fn serves_a_connection_that_was_silent(process: Process, old_child_at_first: impl Fn(u32)) {
    let server = process.wait_listening(PATIENCE);
    within_the_grace(|| {
        let mut silent = TcpStream::connect(server)?;
        // A later connection gets a response, so the child has accepted the silent one, too.
        let mut kept = TcpStream::connect(server)?;
        let old_child = children_of(process.pid())[0];
        let old = format!("pid={old_child} ");
        assert!(ask(&mut kept)?.contains(&old));
        assert_eq!(tcp_listeners(old_child), [server]);
        process.signal(libc::SIGUSR2);
        wait_until("an answer of the new child", PATIENCE, || {
            !TcpStream::connect(server).and_then(|mut it| ask(&mut it)).unwrap().contains(&old)
        });
        old_child_at_first(old_child);
        while !says_close(&ask(&mut kept)?) {}
        let response = ask(&mut silent);
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
        is_last_of(&old, &response?)
    });
    stop(&process);
}

/// An error, unless the server reads a line, and closes then.
fn gets_one_more_line(client: &mut TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.write_all(b"two\n")?;
    let mut rest = String::new();
    client.read_to_string(&mut rest)?;
    match rest == "TWO\nBYE\n" {
        true => Ok(()),
        false => Err(io::Error::other(format!("{rest:?}"))),
    }
}

#[test]
fn a_protocol_on_tokio_serves_one_more_line_and_closes() {
    let sandbox = Sandbox::new("handover-tokio");
    sandbox.expect_files(["tokio"]);
    let process = tokio(&sandbox);
    let server = process.wait_listening(PATIENCE);
    within_the_grace(|| {
        let mut silent = TcpStream::connect(server)?;
        let mut kept = TcpStream::connect(server)?;
        kept.set_read_timeout(Some(PATIENCE))?;
        let mut response = [0; 4];
        kept.write_all(b"one\n")?;
        kept.read_exact(&mut response)?;
        assert_eq!(&response, b"ONE\n");
        let old_child = children_of(process.pid())[0];
        process.signal(libc::SIGUSR2);
        lets_go_of_the_socket(old_child);
        let ends = [&mut kept, &mut silent].map(gets_one_more_line);
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
        ends.into_iter().collect()
    });
    stop(&process);
    sandbox.finish();
}

#[test]
fn axum_waits_for_a_connection_that_changes_its_protocol_while_the_child_finishes() {
    waits_for_a_connection_that_changes_its_protocol("axum");
}

#[test]
fn hyper_waits_for_a_connection_that_changes_its_protocol_while_the_child_finishes() {
    waits_for_a_connection_that_changes_its_protocol("hyper");
}

fn waits_for_a_connection_that_changes_its_protocol(server: &str) {
    let sandbox = Sandbox::new(&format!("handover-protocol-{server}"));
    let mut command = Command::new(sandbox.copy(env!("CARGO_BIN_EXE_echo_protocol"), "echo"));
    command.args([server, "127.0.0.1:0"]);
    let process = sandbox.start(command);
    let server = process.wait_listening(PATIENCE);
    let mut changing = TcpStream::connect(server).unwrap();
    let mut kept = TcpStream::connect(server).unwrap();
    let old = format!("pid={} ", children_of(process.pid())[0]);
    let response = ask(&mut kept).unwrap();
    let client = kept.local_addr().unwrap();
    assert!(response.contains(&old) && response.contains(&format!("({client})")), "{response:?}");
    process.signal(libc::SIGUSR2);
    wait_until("the old child's `Connection: close`", PATIENCE, || {
        says_close(&ask(&mut kept).unwrap())
    });
    changing.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    changing.write_all(request).unwrap();
    let mut response = String::new();
    while !response.ends_with("\r\n\r\n") {
        let mut byte = [0];
        changing.read_exact(&mut byte).unwrap();
        response.push(byte[0].into());
    }
    assert!(response.contains(" 101 ") && response.contains("connection: upgrade"), "{response}");
    // Longer than the grace for silent connections.
    let begun = Instant::now();
    wait_until("many echoes", PATIENCE, || {
        changing.write_all(b"x").unwrap();
        changing.read_exact(&mut [0]).unwrap();
        begun.elapsed() > Duration::from_secs(4)
    });
    assert_eq!(children_of(process.pid()).len(), 2);
    drop(changing);
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
    stop(&process);
    sandbox.finish();
}

/// Else each connection that comes for the new child wakes the old one, too.
fn lets_go_of_the_socket(old_child: u32) {
    wait_until("the old child to let go of the socket", PATIENCE, || {
        tcp_listeners(old_child).is_empty()
    });
}

fn says_close(response: &str) -> bool {
    response.to_ascii_lowercase().contains("connection: close")
}

/// Everything that comes back until the first line after the head.
fn ask(connection: &mut (impl Read + Write + AsFd)) -> io::Result<String> {
    setsockopt(connection, sockopt::ReceiveTimeout, &TimeVal::seconds(PATIENCE.as_secs() as i64))?;
    connection.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")?;
    let (mut response, mut part) = (String::new(), [0; 1024]);
    while !response.ends_with(")\n") {
        let read = uninterrupted(|| connection.read(&mut part))?;
        if read == 0 {
            break;
        }
        response.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    Ok(response)
}
