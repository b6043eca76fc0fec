//! Tests that many idle connections do not all reconnect at one moment.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::fd::AsFd,
    time::Instant,
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use selfup_tests::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_until};
use selfup_tests::uninterrupted::uninterrupted;

use super::{axum, hello, hyper, stop};

#[test]
fn axum_closes_500_idle_connections_one_after_the_other() {
    closes_one_after_the_other("axum", axum, 500);
}

#[test]
fn hyper_closes_5000_idle_connections_one_after_the_other() {
    closes_one_after_the_other("hyper", hyper, 5000);
}

#[test]
fn plain_std_closes_500_idle_connections_one_after_the_other() {
    closes_one_after_the_other("hello", hello, 500);
}

/// A machine that stands still for a moment brings what was due in it at once; a herd is there every
/// time.
fn closes_one_after_the_other(server: &str, start: fn(&Sandbox) -> Process, wanted: usize) {
    let herds: Vec<_> = (0..3).map_while(|_| herd(server, start, wanted)).collect();
    assert!(herds.len() < 3, "closed in each tenth of a second: {herds:?}");
}

/// How many were closed in each tenth of a second, if a quarter or more were in one.
fn herd(server: &str, start: fn(&Sandbox) -> Process, wanted: usize) -> Option<Vec<usize>> {
    let sandbox = Sandbox::new(&format!("handover-herd-{server}-{wanted}"));
    sandbox.expect_files([server]);
    let count = wanted.min(descriptors().saturating_sub(500));
    let process = start(&sandbox);
    let address = process.wait_listening(PATIENCE);
    let mut open: Vec<TcpStream> = (0..count)
        .map(|_| {
            let mut client = TcpStream::connect(address).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
            let mut response = Vec::new();
            while !response.ends_with(b")\n") {
                let mut part = [0; 1024];
                let read = uninterrupted(|| client.read(&mut part)).unwrap();
                assert!(read > 0, "closed before the restart");
                response.extend_from_slice(&part[..read]);
            }
            client
        })
        .collect();
    process.signal(libc::SIGUSR2);
    let begun = Instant::now();
    let mut tenths = vec![0; 1];
    while !open.is_empty() {
        let ready: Vec<bool> = {
            let mut fds: Vec<_> =
                open.iter().map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN)).collect();
            let timeout = PollTimeout::try_from(PATIENCE).unwrap();
            assert!(poll(&mut fds, timeout).unwrap() > 0, "{} stay open", open.len());
            fds.iter().map(|fd| fd.any().unwrap()).collect()
        };
        let tenth = usize::try_from(begun.elapsed().as_millis() / 100).unwrap();
        tenths.resize(tenth.max(tenths.len() - 1) + 1, 0);
        let mut ready = ready.into_iter();
        open.retain_mut(|client| {
            let is_over = ready.next().unwrap();
            if is_over {
                assert_eq!(uninterrupted(|| client.read(&mut [0])).unwrap(), 0);
                tenths[tenth] += 1;
            }
            !is_over
        });
    }
    wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
    stop(&process);
    sandbox.finish();
    tenths.iter().any(|closed| closed * 4 >= count).then_some(tenths)
}

/// How many this process may have, and the server that it starts.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(usize::MAX)
}
