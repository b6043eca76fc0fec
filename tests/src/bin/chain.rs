//! Polls S3 with the credentials of the environment, and prints its open resources between polls.
//!
//! - `endpoint=URL` is the endpoint.
//! - `profile=NAME` is the profile; the default is that of the environment.
//! - `polls=N` is the number of polls; the default is 1.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "the test reads what it prints")]

use selfup::fetch::{Fetch, Outcome, RunningExecutable, S3};
use selfup_tests::subject::option;
use std::fs;
use std::io;
use std::time::Duration;

fn main() {
    let mut source = S3::new("releases", "app")
        .endpoint(option::<String>("endpoint").unwrap())
        .proxy_from_env(false)
        .response_timeout(Duration::from_secs(20));
    if let Some(profile) = option::<String>("profile") {
        source = source.profile(profile);
    }
    let current = RunningExecutable::new("/usr/bin/app", String::new);
    // From the first poll on: where others in the build want signals of tokio, it makes a pair of
    // sockets for them, once in the life of a process.
    let mut before = None;
    for _ in 0..option("polls").unwrap_or(1) {
        match source.fetch(&current) {
            Ok(Some(mut artifact)) => {
                let read = io::copy(&mut artifact.reader, &mut io::sink()).unwrap();
                source.report(Outcome::Failed);
                println!("fetched {read} bytes");
            }
            Ok(None) => println!("nothing new"),
            Err(error) => println!("{:?}: {error}", error.kind()),
        }
        assert_eq!(held(), *before.get_or_insert_with(held), "threads and descriptors");
    }
}

/// Threads, and what the descriptors are of.
fn held() -> (usize, Vec<String>) {
    let names = |path| {
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let mut descriptors = names("/proc/self/fd");
    descriptors.sort_unstable();
    (names("/proc/self/task").len(), descriptors)
}
