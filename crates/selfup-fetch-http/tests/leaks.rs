//! Tests that many polls leave no thread, and no descriptor except that of one connection.
//!
//! This is a test executable of its own, because it counts those of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use selfup_fetch::{Fetch, Outcome, RunningExecutable};
use selfup_fetch_http::Http;

fn held() -> (usize, usize) {
    let count = |path| fs::read_dir(path).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Serves one connection after the other, on one thread: tags that change with every tenth request,
/// and now and then a cut. The tags are weak, so that the fetcher does not wait to resume.
fn serve(listener: &TcpListener) {
    let mut served = 0_u32;
    for socket in listener.incoming() {
        let mut stream = BufReader::new(socket.unwrap());
        let mut line = String::new();
        let mut is_head = false;
        loop {
            line.clear();
            if stream.read_line(&mut line).unwrap_or(0) == 0 {
                break;
            }
            is_head |= line.starts_with("HEAD");
            if line != "\r\n" {
                continue;
            }
            served += 1;
            let tag = served / 10;
            let length = if served.is_multiple_of(7) { 6 } else { 5 };
            let mut response =
                format!("HTTP/1.1 200 OK\r\nETag: W/\"{tag}\"\r\nContent-Length: {length}\r\n\r\n");
            if !std::mem::take(&mut is_head) {
                response += "bytes";
            }
            if stream.get_mut().write_all(response.as_bytes()).is_err() || length == 6 {
                break;
            }
        }
    }
}

#[test]
fn polls_leave_nothing_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/app", listener.local_addr().unwrap());
    std::thread::spawn(move || serve(&listener));
    let current = RunningExecutable::new("/usr/bin/app", String::new);
    let mut source = Http::new(url).proxy_from_env(false);
    let mut poll = |times| {
        for _ in 0..times {
            if let Ok(Some(mut artifact)) = source.fetch(&current) {
                let read = std::io::copy(&mut artifact.reader, &mut std::io::sink());
                source.report(if read.is_ok() { Outcome::Installed } else { Outcome::Failed });
            }
        }
    };
    poll(3);
    let before = held();
    poll(300);
    // The connections' other ends are ours too, and close a moment later.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut after = held();
    while (after.0 > before.0 || after.1 > before.1) && Instant::now() < deadline {
        std::thread::yield_now();
        after = held();
    }
    assert!(after.0 <= before.0 && after.1 <= before.1, "from {before:?} to {after:?}");
}
