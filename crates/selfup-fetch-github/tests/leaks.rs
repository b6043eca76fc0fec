//! Tests that no thread and no descriptor is left between two polls.
//!
//! This is a test executable of its own, because it counts those of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use selfup_fetch::{Fetch, Outcome, RunningExecutable};
use selfup_fetch_github::GitHub;

/// What is held once the first poll's connection is closed on both sides.
fn settled() -> (usize, usize) {
    let deadline = Instant::now() + Duration::from_secs(1);
    let mut least = held();
    while Instant::now() < deadline {
        std::thread::yield_now();
        least = least.min(held());
    }
    least
}

fn held() -> (usize, usize) {
    let count = |path| fs::read_dir(path).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Serves one connection after the other, on one thread: a list whose asset changes with every
/// tenth request, and now and then a cut.
fn serve(listener: &TcpListener) {
    let mut served = 0_u32;
    for socket in listener.incoming() {
        let mut stream = BufReader::new(socket.unwrap());
        let (mut line, mut path) = (String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                break;
            }
            if let Some(rest) = line.strip_prefix("GET ") {
                path = rest.to_owned();
            }
            if line != "\r\n" {
                continue;
            }
            served += 1;
            let list = format!(
                r#"[{{"id":1,"tag_name":"1.0.0","assets":[{{"id":{},"name":"app","size":5}}]}}]"#,
                served / 10
            );
            let body = if path.contains("/assets/") { "bytes" } else { &list };
            let cut = served.is_multiple_of(7);
            let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            response += if cut { "" } else { body };
            if stream.get_mut().write_all(response.as_bytes()).is_err() || cut {
                break;
            }
        }
    }
}

#[test]
fn polls_leave_nothing_behind() {
    let listener = TcpListener::bind("localhost:0").unwrap();
    // A name, so that the resolver's thread is counted too.
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || serve(&listener));
    let current = RunningExecutable::new("/usr/bin/app", String::new);
    let mut source = GitHub::new("example", "app").base_url(url).asset("app");
    // Where others in the build want signals of tokio, it makes a pair of sockets for them, once in
    // the life of a process.
    drop(source.fetch(&current));
    let before = settled();
    let mut held_to_the_end = Vec::new();
    let (mut fetched, mut failed) = (0, 0);
    for _ in 0..100 {
        match source.fetch(&current) {
            Ok(Some(mut artifact)) => {
                let read = artifact.reader.read_to_end(&mut Vec::new());
                source.report(if read.is_ok() { Outcome::Installed } else { Outcome::Failed });
                // Also where the reader is kept after its end.
                held_to_the_end.push(artifact);
                fetched += 1;
            }
            Ok(None) => {}
            Err(_) => failed += 1,
        }
    }
    assert!(fetched > 5 && failed > 5, "{fetched} fetched, {failed} failed");
    // The connections' other ends are ours too, and threads end a moment later.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut after = held();
    while after != before && Instant::now() < deadline {
        std::thread::yield_now();
        after = held();
    }
    assert_eq!(after, before, "descriptors and threads");
}
