//! Tests clients of HTTP/1.0 that ask for `keep-alive`.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use selfup_tests::{
    need,
    sandbox::{PATIENCE, Process, Sandbox, children_of, wait_for, wait_until},
    uninterrupted::uninterrupted,
};

use super::{actix, axum, hello, hyper, stop};

#[test]
fn axum_loses_no_request_of_ab() {
    loses_no_request_of_ab("axum", axum);
}

#[test]
fn hyper_loses_no_request_of_ab() {
    loses_no_request_of_ab("hyper", hyper);
}

#[test]
fn actix_loses_no_request_of_ab() {
    loses_no_request_of_ab("actix", actix);
}

#[test]
fn plain_std_loses_no_request_of_ab() {
    loses_no_request_of_ab("hello", hello);
}

fn loses_no_request_of_ab(server: &str, start: fn(&Sandbox) -> Process) {
    if !need::program("ab") {
        return;
    }
    let sandbox = Sandbox::new(&format!("handover-ab-{server}"));
    sandbox.expect_files([server]);
    let process = start(&sandbox);
    let address = process.wait_listening(PATIENCE);
    let mut command = Command::new("ab");
    // For an hour, or until it is interrupted, with responses of any length.
    command.args(["-k", "-r", "-l", "-c", "30", "-t", "3600", "-n", "3000000"]);
    let ab = sandbox.start({
        command.arg(format!("http://{address}/"));
        command
    });
    let mut seen = children_of(process.pid());
    for _ in 0..3 {
        // Thirty of them are answered by the child that is about to leave.
        wait_until("thirty connections", PATIENCE, || {
            seen.last().is_some_and(|child| selfup_tests::sandbox::fds_of(*child).len() > 35)
        });
        process.signal(libc::SIGUSR2);
        seen.push(wait_for("a new child", PATIENCE, || {
            children_of(process.pid()).into_iter().find(|child| !seen.contains(child))
        }));
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
    }
    ab.signal(libc::SIGINT);
    let lines = ab.wait_all_lines(PATIENCE);
    let count = |what: &str| {
        let line = lines.iter().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap()
    };
    assert_eq!(count("Failed requests:"), 0, "{lines:?}");
    assert!(count("Keep-Alive requests:") > 0, "{lines:?}");
    stop(&process);
    sandbox.finish();
}

#[test]
fn a_client_of_http_1_0_gets_one_connection_header() {
    for (server, start) in
        [("axum", axum as fn(&Sandbox) -> Process), ("hyper", hyper), ("actix", actix)]
    {
        let sandbox = Sandbox::new(&format!("handover-old-{server}"));
        sandbox.expect_files([server]);
        let process = start(&sandbox);
        let mut client = connect(process.wait_listening(PATIENCE));
        assert_eq!(ask(&mut client), ["keep-alive"], "{server}");
        let old = children_of(process.pid());
        process.signal(libc::SIGUSR2);
        wait_until("a new child", PATIENCE, || {
            children_of(process.pid()).iter().any(|child| !old.contains(child))
        });
        let goodbye = wait_for("the goodbye", PATIENCE, || {
            Some(ask(&mut client)).filter(|said| said != &["keep-alive"])
        });
        assert!(goodbye.is_empty() || goodbye == ["close"], "{server}: {goodbye:?}");
        assert_eq!(uninterrupted(|| client.read(&mut [0])).unwrap(), 0, "{server}");
        stop(&process);
        sandbox.finish();
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// The `Connection` header of the response.
fn ask(client: &mut TcpStream) -> Vec<String> {
    client.write_all(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
    let (mut response, mut byte) = (String::new(), [0]);
    while !response.ends_with(")\n") && uninterrupted(|| client.read(&mut byte)).unwrap() > 0 {
        response.push(byte[0].into());
    }
    let lines = response.lines().map(str::to_ascii_lowercase);
    lines.filter_map(|line| line.strip_prefix("connection: ").map(str::to_owned)).collect()
}
