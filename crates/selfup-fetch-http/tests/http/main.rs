//! Tests the HTTP fetcher over real sockets, against servers with every kind of behaviour.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod breaking;
mod deadlines;
mod heads;
mod joining;
#[cfg(feature = "manifest")]
mod manifest;
mod polling;
mod proxies;
mod redirects;
mod refusals;
mod release;
mod resuming;
mod server;
mod settings;
mod signatures;
mod tls;
mod transfer;

use std::{io::Read, time::Duration};

use selfup_fetch::{Artifact, Error, Fetch, RunningExecutable};
use selfup_fetch_http::Http;

/// A source with a total deadline that only a test that hangs meets.
fn http(url: impl Into<String>) -> Http {
    Http::new(url).proxy_from_env(false).total_timeout(Duration::from_secs(60))
}

fn current() -> RunningExecutable {
    RunningExecutable::new("/usr/bin/app", || {
        panic!("the http fetcher needs no id, and hashing is dear")
    })
}

fn poll(source: &mut Http) -> Result<Option<Artifact>, Error> {
    source.fetch(&current())
}

/// Polls, and reads what comes to its end.
fn fetch(source: &mut Http) -> Result<Option<Vec<u8>>, Error> {
    poll(source)?.map(read).transpose()
}

fn read(artifact: Artifact) -> Result<Vec<u8>, Error> {
    let (mut reader, mut bytes) = (artifact.reader, Vec::new());
    reader.read_to_end(&mut bytes)?;
    if let Some(size) = artifact.size {
        assert_eq!(bytes.len() as u64, size, "the promised size");
    }
    Ok(bytes)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
