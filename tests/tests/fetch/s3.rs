//! Tests what only S3 has: versions, checksums, permissions, and errors with a reason. The servers are
//! two stand-ins for S3, s3s-fs and moto.

mod chain;
mod checksums;
mod manifest;
mod moto;
mod objects;
mod publisher;
mod refusals;
mod responses;
mod rights;
mod signatures;
mod versions;

use selfup::fetch::{Artifact, Error, Fetch, RunningExecutable, S3};
use std::io::Read;

/// Polls, and reads nothing yet.
fn poll(source: &mut S3) -> Result<Option<Artifact>, Error> {
    source.fetch(&RunningExecutable::new("/usr/bin/app", || {
        panic!("it needs no id, and hashing is dear")
    }))
}

/// Reads the artifact to its end.
fn read(artifact: Artifact) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut reader = artifact.reader;
    reader.read_to_end(&mut bytes)?;
    if let Some(size) = artifact.size {
        assert_eq!(bytes.len() as u64, size, "the promised size");
    }
    Ok(bytes)
}

fn fetch(source: &mut S3) -> Result<Option<Vec<u8>>, Error> {
    poll(source)?.map(read).transpose()
}
