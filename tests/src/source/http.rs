//! A file that nginx serves.

use super::{PATIENT, Remote, Source, origin};
use crate::front::{Front, Identity};
use crate::need;
use crate::nginx::Nginx;
use crate::sandbox::Sandbox;
use selfup::fetch::{Fetch, Http};
use std::io::Write;
use std::time::Duration;

/// nginx behind a front, with a file at `/app`.
#[derive(Debug)]
pub struct Web {
    nginx: Nginx,
    front: Front,
}

impl Web {
    pub(super) fn origin(&self) -> String {
        origin(&self.front)
    }

    pub(super) fn nginx(&mut self) -> &mut Nginx {
        &mut self.nginx
    }
}

/// A fetcher that goes through the front, with this patience for each phase.
pub(super) fn patient(http: Http, patience: Duration) -> Box<dyn Fetch> {
    let http = http
        .proxy_from_env(false)
        .trust(Identity::ROOT)
        // The fetcher is to report each failure; resuming has tests of its own.
        .resumptions(0)
        .connect_timeout(patience)
        .response_timeout(patience)
        .stall_timeout(patience);
    Box::new(http)
}

impl Source for Web {
    fn is_possible() -> bool {
        need::program(Nginx::PROGRAM)
    }

    fn start(sandbox: &Sandbox) -> Self {
        let nginx = Nginx::start(sandbox);
        let front = Front::before(nginx.upstream());
        Self { nginx, front }
    }

    fn publish(&mut self, bytes: &[u8]) {
        self.nginx.put("app", |file| file.write_all(bytes).unwrap());
    }

    fn publish_zeros(&mut self, length: u64) {
        self.nginx.put("app", |file| file.set_len(length).unwrap());
    }

    fn remove(&mut self) {
        self.nginx.remove("app");
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        self.fetcher_at(&self.origin(), PATIENT)
    }

    fn word(&self) -> String {
        Self::word_at(&self.origin())
    }

    fn stop(self) {
        self.nginx.kill();
    }
}

impl Remote for Web {
    fn front(&self) -> &Front {
        &self.front
    }

    fn kill_server(&mut self) {
        self.nginx.kill();
    }

    fn start_server_again(&mut self, sandbox: &Sandbox) {
        self.nginx.start_again(sandbox);
    }

    fn fetcher_at(&self, origin: &str, patience: Duration) -> Box<dyn Fetch> {
        patient(Http::new(format!("{origin}/app")), patience)
    }

    fn word_at(origin: &str) -> String {
        format!("http={origin}/app")
    }
}
