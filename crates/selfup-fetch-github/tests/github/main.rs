//! Tests the GitHub fetcher against an API that counts requests and enforces its limits, and a storage
//! host that refuses a token.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod access;
mod api;
mod archives;
mod choosing;
mod limits;
mod polling;
mod redirects;
mod refusals;
mod resumption;
mod server;
mod signatures;
mod storage;
mod tls;
mod transfer;

use std::{io::Read, time::Duration};

use api::Api;
use selfup_fetch::{Artifact, Error, Fetch, Outcome, RunningExecutable};
use selfup_fetch_github::GitHub;

/// A source with a total deadline that only a test that hangs meets.
fn source(api: &Api) -> GitHub {
    GitHub::new("example", "app").base_url(api.url()).total_timeout(Duration::from_secs(60))
}

fn current() -> RunningExecutable {
    RunningExecutable::new("/usr/bin/app", || {
        panic!("the github fetcher needs no id, and hashing is dear")
    })
}

fn poll(source: &mut GitHub) -> Result<Option<Artifact>, Error> {
    source.fetch(&current())
}

/// Polls, and reads what comes to its end.
fn fetch(source: &mut GitHub) -> Result<Option<String>, Error> {
    poll(source)?.map(read).transpose()
}

/// The same, and settles it as installed.
fn install(source: &mut GitHub) -> Option<String> {
    let fetched = fetch(source).unwrap();
    source.report(Outcome::Installed);
    fetched
}

fn read(artifact: Artifact) -> Result<String, Error> {
    let (mut reader, mut bytes) = (artifact.reader, Vec::new());
    reader.read_to_end(&mut bytes)?;
    if let Some(size) = artifact.size {
        assert_eq!(bytes.len() as u64, size, "the promised size");
    }
    Ok(String::from_utf8(bytes).unwrap())
}

/// The name of an asset for the platform of the tests.
fn name(end: &str) -> String {
    let platform = selfup_fetch::Platform::current();
    format!("app-{}{end}", platform.target)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
