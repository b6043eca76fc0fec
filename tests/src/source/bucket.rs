//! A bucket of a server that speaks as S3 does.

use super::{PATIENT, Remote, Source, origin};
use crate::front::{Front, Identity, Upstream};
use crate::sandbox::{PATIENCE, Process, Sandbox};
use selfup::fetch::{Fetch, S3};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// s3s-fs, the program `bucket` of this package, behind a front, with a bucket `releases` and the object `app` in it.
#[derive(Debug)]
pub struct Bucket {
    folder: PathBuf,
    process: Process,
    front: Front,
}

/// The server's one access key.
pub const ACCESS_KEY: (&str, &str) =
    ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

impl Bucket {
    /// A fetcher for the server at this address.
    pub fn released(endpoint: &str) -> S3 {
        let (id, secret) = ACCESS_KEY;
        S3::new("releases", "app")
            .region("us-east-1")
            .endpoint(endpoint)
            .credentials(id, secret, None)
            // Some tests name a host that does not exist.
            .allow_insecure_credentials(true)
            .proxy_from_env(false)
    }

    /// s3s-fs keeps objects as the files that they are.
    fn put(&self, write: impl FnOnce(&mut File)) {
        let beside = self.folder.join("new");
        write(&mut File::create(&beside).unwrap());
        fs::rename(beside, self.object()).unwrap();
    }

    /// The address of the server itself, for publishing: a front does not forward the bodies of requests.
    pub fn address(&self) -> SocketAddr {
        self.process.wait_listening(PATIENCE)
    }

    /// The file that the object is.
    pub fn object(&self) -> PathBuf {
        self.folder.join("releases/app")
    }
}

impl Source for Bucket {
    fn is_possible() -> bool {
        true
    }

    fn start(sandbox: &Sandbox) -> Self {
        let folder = sandbox.join("s3");
        fs::create_dir_all(folder.join("releases")).unwrap();
        sandbox.expect_files(["s3"]);
        let process = started(sandbox, &folder);
        let front = Front::before(Upstream::Unix(folder.join(SOCKET)));
        Self { folder, process, front }
    }

    fn publish(&mut self, bytes: &[u8]) {
        self.put(|file| file.write_all(bytes).unwrap());
    }

    fn publish_zeros(&mut self, length: u64) {
        self.put(|file| file.set_len(length).unwrap());
    }

    fn remove(&mut self) {
        fs::remove_file(self.object()).unwrap();
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        self.fetcher_at(&origin(&self.front), PATIENT)
    }

    fn word(&self) -> String {
        Self::word_at(&origin(&self.front))
    }

    fn stop(mut self) {
        self.kill_server();
    }
}

impl Remote for Bucket {
    fn front(&self) -> &Front {
        &self.front
    }

    fn kill_server(&mut self) {
        self.process.signal(libc::SIGKILL);
        self.process.wait(PATIENCE);
    }

    fn start_server_again(&mut self, sandbox: &Sandbox) {
        fs::remove_file(self.folder.join(SOCKET)).unwrap();
        self.process = started(sandbox, &self.folder);
    }

    fn fetcher_at(&self, origin: &str, patience: Duration) -> Box<dyn Fetch> {
        let s3 = Self::released(origin)
            .trust(Identity::ROOT)
            // The fetcher is to report each failure; resuming has tests of its own.
            .resumptions(0)
            .connect_timeout(patience)
            .response_timeout(patience)
            .stall_timeout(patience);
        Box::new(s3)
    }

    fn word_at(origin: &str) -> String {
        format!("s3={origin}")
    }
}

/// In its folder: another process could have taken a port by the time the server listens again.
const SOCKET: &str = "socket";

fn started(sandbox: &Sandbox, folder: &Path) -> Process {
    let mut command = Command::new(server());
    command.arg(folder).arg(folder.join(SOCKET));
    let process = sandbox.start(command);
    process.wait_line("listens", PATIENCE);
    process
}

/// One of this package's own programs, which cargo names to tests when they run.
#[expect(clippy::disallowed_methods, reason = "cargo passes it in the environment")]
fn server() -> OsString {
    std::env::var_os("CARGO_BIN_EXE_bucket").expect("cargo runs the tests")
}
