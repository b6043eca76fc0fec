use super::passage::Passage;
use selfup::fetch::Http;
use selfup_fetch::{Artifact, Error, Fetch, Outcome, RunningExecutable};
use selfup_tests::need;
use selfup_tests::nginx::Nginx;
use selfup_tests::sandbox::{PATIENCE, Sandbox, wait_until};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

/// nginx with a configuration for one test, and the way to it.
pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) nginx: Nginx,
    pub(crate) passage: Passage,
    published: u64,
}

/// Every request that was answered: method, path, status, range and credentials.
const LOG: &str = "log_format lines '$request_method $uri $status [$http_range] \
                   [$http_authorization]';\n";

impl Site {
    /// Serves its folder with this in `server { }`; `None` if there is no nginx here.
    pub(crate) fn start(name: &str, server: &str) -> Option<Self> {
        Self::start_with(name, server, "")
    }

    /// Serves the folder in the same way, with other servers beside.
    pub(crate) fn start_with(name: &str, server: &str, others: &str) -> Option<Self> {
        if !need::program(Nginx::PROGRAM) {
            return None;
        }
        let sandbox = Sandbox::new(name);
        let configuration = format!(
            "{LOG}server {{ listen unix:{{folder}}/site; root {{folder}}/www; \
             access_log {{folder}}/log lines; {server} }}\n{others}"
        );
        let nginx = Nginx::start_with(&sandbox, &configuration);
        let passage = Passage::to(nginx.file("site"));
        Some(Self { sandbox, nginx, passage, published: 0 })
    }

    /// A passage to another server of this nginx.
    pub(crate) fn passage_to(&self, socket: &str) -> Passage {
        Passage::to(self.nginx.file(socket))
    }

    /// Puts a file there, as publishers do, an hour ago or so, and a second later each time.
    pub(crate) fn publish(&mut self, name: &str, bytes: &[u8]) {
        let path = self.nginx.root().join(name);
        let beside = path.with_extension("new");
        let mut file = File::create(&beside).unwrap();
        file.write_all(bytes).unwrap();
        self.published += 1;
        let age = Duration::from_secs(3600 - self.published);
        file.set_modified(SystemTime::now() - age).unwrap();
        fs::rename(beside, path).unwrap();
    }

    pub(crate) fn http(&self, path: &str) -> Http {
        patient(self.passage.url(path))
    }

    /// The requests since the last call, once there are so many.
    pub(crate) fn asked(&self, lines: usize) -> Vec<String> {
        let log = self.nginx.file("log");
        let read = || fs::read_to_string(&log).unwrap_or_default();
        wait_until("the log to be written", PATIENCE, || read().lines().count() >= lines);
        let found = read().lines().map(str::to_owned).collect();
        // It is open for appending.
        File::create(&log).unwrap();
        found
    }

    pub(crate) fn finish(self) {
        self.nginx.kill();
        self.sandbox.finish();
    }
}

/// A source with deadlines that a busy machine can keep.
pub(crate) fn patient(url: String) -> Http {
    Http::new(url).proxy_from_env(false)
}

pub(crate) fn poll(source: &mut Http) -> Result<Option<Artifact>, Error> {
    source.fetch(&RunningExecutable::new("/usr/bin/app", String::new))
}

/// Polls, and reads what comes to its end.
pub(crate) fn fetch(source: &mut Http) -> Result<Option<Vec<u8>>, Error> {
    poll(source)?.map(read).transpose()
}

/// Polls and reads in the same way, and reports the artifact as installed.
pub(crate) fn install(source: &mut Http) -> Option<Vec<u8>> {
    let bytes = fetch(source).unwrap();
    source.report(Outcome::Installed);
    bytes
}

pub(crate) fn read(artifact: Artifact) -> Result<Vec<u8>, Error> {
    let (mut reader, mut bytes) = (artifact.reader, Vec::new());
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Bytes that do not repeat, so that parts that are joined wrongly are noticed.
pub(crate) fn program(length: usize) -> Vec<u8> {
    (0_u64..)
        .flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes())
        .take(length)
        .collect()
}
