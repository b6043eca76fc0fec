//! Signs releases with `minisign`, the program that publishers use.

use crate::release::Release;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A key pair.
#[derive(Debug)]
pub struct Signer {
    secret: PathBuf,
    public: String,
}

impl Signer {
    /// Makes a key pair in this folder.
    pub fn new(folder: &Path, name: &str) -> Self {
        let [secret, public] = ["sec", "pub"].map(|end| folder.join(format!("{name}.{end}")));
        minisign(&["-G", "-W", "-p", text(&public), "-s", text(&secret)]);
        let public = fs::read_to_string(public).unwrap();
        // The line itself, as one would put it into a program.
        Self { secret, public: public.lines().nth(1).unwrap().to_owned() }
    }

    /// The public key, as one line.
    pub fn key(&self) -> &str {
        &self.public
    }

    /// The signature of a release, with this trusted comment.
    pub fn sign(&self, release: &Release, comment: &str) -> Vec<u8> {
        let signature = release.path().with_extension("minisig");
        let (secret, file) = (text(&self.secret), text(release.path()));
        minisign(&["-S", "-s", secret, "-x", text(&signature), "-t", comment, "-m", file]);
        fs::read(signature).unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn minisign(arguments: &[&str]) {
    let output = Command::new("minisign").args(arguments).output().unwrap();
    assert!(output.status.success(), "minisign {arguments:?}: {output:?}");
}
