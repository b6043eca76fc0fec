//! Tests responses and requests that take longer than the idle grace, and those that have no end.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    time::Duration,
};

use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_until};
use selfup_tests::uninterrupted::uninterrupted;

/// Long enough for a slow machine.
const GRACE: Duration = Duration::from_secs(2);
/// Longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Calls a test with the server's name.
macro_rules! for_each_server {
    ($($test:ident: $($server:ident),+;)+) => {
        $(mod $test {
            $(#[test]
            fn $server() {
                super::$test(stringify!($server));
            })+
        })+
    };
}

for_each_server! {
    a_response_that_ends_after_the_grace_does_not_end_the_connection: axum, hyper, actix, std;
    half_a_head_is_waited_for_no_longer_than_the_grace: axum, hyper, actix;
    a_head_that_is_completed_within_the_grace_gets_a_response: axum, hyper;
    a_stop_ends_what_has_no_end_with_the_code_of_the_program: axum, hyper, actix, std;
    a_restart_ends_what_has_no_end_without_a_kill: axum, hyper, actix, std;
}

pub(super) fn streams(
    sandbox: &Sandbox,
    server: &str,
    (grace, timeout): (Duration, Duration),
) -> (Process, SocketAddr) {
    let program = sandbox.copy(env!("CARGO_BIN_EXE_streams"), "streams");
    let mut command = Command::new(program);
    command.args([server, "127.0.0.1:0"]);
    command.args([grace, timeout].map(|time| time.as_millis().to_string()));
    let process = sandbox.start(command);
    let address = process.wait_listening(PATIENCE);
    (process, address)
}

fn connect(server: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(server).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection
}

fn ask(mut connection: &TcpStream, path: &str) {
    write!(connection, "GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
}

/// What comes until this text, or until the end.
fn read_until(mut connection: &TcpStream, text: &str) -> io::Result<String> {
    let (mut response, mut byte) = (String::new(), [0]);
    while !response.ends_with(text) && uninterrupted(|| connection.read(&mut byte))? > 0 {
        response.push(byte[0].into());
    }
    Ok(response)
}

const END: &str = "0\r\n\r\n";

fn a_response_that_ends_after_the_grace_does_not_end_the_connection(server: &str) {
    let sandbox = Sandbox::new(&format!("streams-late-{server}"));
    let (process, address) = streams(&sandbox, server, (GRACE, FOR_EVER));
    let client = connect(address);
    ask(&client, "/late");
    let begun = read_until(&client, "pid=").unwrap();
    assert!(!begun.to_lowercase().contains("connection: close"), "{begun:?}");
    process.signal(libc::SIGUSR2);
    let rest = read_until(&client, END).unwrap();
    assert!(rest.contains("done"), "{rest:?}");
    // A client that got no `Connection: close` sends its next request.
    ask(&client, "/");
    let next = read_until(&client, END).unwrap();
    assert!(next.contains("done"), "{next:?}");
    assert!(next.to_lowercase().contains("connection: close"), "{next:?}");
    assert_eq!(read_until(&client, END).unwrap(), "");
    stop(&process);
    sandbox.finish();
}

/// Half a head on the returned connection.
fn begin_a_head(address: SocketAddr) -> TcpStream {
    let client = connect(address);
    (&client).write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
    client
}

fn restart(process: &Process, address: SocketAddr) {
    // Connections that came before are accepted, too.
    let other = connect(address);
    ask(&other, "/");
    read_until(&other, END).unwrap();
    let old = children_of(process.pid());
    process.signal(libc::SIGUSR2);
    wait_until("a new child", PATIENCE, || {
        children_of(process.pid()).iter().any(|child| !old.contains(child))
    });
}

fn half_a_head_is_waited_for_no_longer_than_the_grace(server: &str) {
    let sandbox = Sandbox::new(&format!("streams-half-{server}"));
    let (process, address) = streams(&sandbox, server, (GRACE, FOR_EVER));
    let first = begin_a_head(address);
    let later = connect(address);
    ask(&later, "/");
    read_until(&later, END).unwrap();
    (&later).write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
    let preface = connect(address);
    (&preface).write_all(b"PRI * HT").unwrap();
    restart(&process, address);
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
    drop((first, later, preface));
    stop(&process);
    sandbox.finish();
}

fn a_head_that_is_completed_within_the_grace_gets_a_response(server: &str) {
    let sandbox = Sandbox::new(&format!("streams-whole-{server}"));
    let (process, address) = streams(&sandbox, server, (FOR_EVER, FOR_EVER));
    let client = begin_a_head(address);
    restart(&process, address);
    let later = connect(address);
    wait_until("the old child to leave the socket", PATIENCE, || {
        ask(&later, "/");
        !read_until(&later, END).unwrap().is_empty()
    });
    (&client).write_all(b"st: test\r\n\r\n").unwrap();
    let response = read_until(&client, END).unwrap();
    assert!(response.contains("done"), "{response:?}");
    drop((client, later));
    stop(&process);
    sandbox.finish();
}

fn endless(server: &str, name: &str) -> (Sandbox, Process, TcpStream) {
    let sandbox = Sandbox::new(&format!("streams-{name}-{server}"));
    let times = (Duration::from_millis(100), Duration::from_secs(4));
    let (process, address) = streams(&sandbox, server, times);
    let client = connect(address);
    ask(&client, "/endless");
    assert!(read_until(&client, ".\r\n").unwrap().contains("begun"));
    (sandbox, process, client)
}

fn a_stop_ends_what_has_no_end_with_the_code_of_the_program(server: &str) {
    let (sandbox, process, client) = endless(server, "stop");
    process.signal(libc::SIGTERM);
    assert_eq!(process.wait(PATIENCE).code(), Some(7));
    drop(client);
    sandbox.finish();
}

fn a_restart_ends_what_has_no_end_without_a_kill(server: &str) {
    let (sandbox, process, client) = endless(server, "restart");
    let old = children_of(process.pid());
    process.signal(libc::SIGUSR2);
    wait_until("a new child alone", PATIENCE, || {
        let now = children_of(process.pid());
        now.len() == 1 && now != old
    });
    stop(&process);
    let lines = process.wait_all_lines(PATIENCE);
    assert!(!lines.iter().any(|line| line.contains("kill")), "{lines:?}");
    drop(client);
    sandbox.finish();
}

fn stop(process: &Process) {
    process.signal(libc::SIGTERM);
    assert_eq!(process.wait(PATIENCE).code(), Some(7));
}
