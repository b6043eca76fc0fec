//! A manifest that nginx serves, and the files that it names.

use super::http::patient;
use super::{PATIENT, Remote, Source, Web};
use crate::front::Front;
use crate::release::sha256;
use crate::sandbox::Sandbox;
use selfup::fetch::{Fetch, Http};
use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

/// nginx behind a front, with a manifest at `/manifest.json`.
#[derive(Debug)]
pub struct Listed {
    web: Web,
    published: u32,
}

impl Listed {
    /// Puts the file in place, and then the manifest of it.
    fn put(&mut self, write: impl FnOnce(&mut File)) {
        self.published += 1;
        let name = format!("app-{}", self.published);
        let path = self.web.nginx().put(&name, write);
        let size = fs::metadata(&path).unwrap().len();
        let digest = sha256(&path);
        let manifest = format!(
            r#"{{
                "format": 1,
                "version": "1.0.{}",
                "targets": {{
                    "{}": {{ "url": "{name}", "size": {size}, "digests": ["sha256:{digest}"] }}
                }}
            }}"#,
            self.published,
            std::env::consts::OS,
        );
        self.web.nginx().put("manifest.json", |file| file.write_all(manifest.as_bytes()).unwrap());
    }
}

impl Source for Listed {
    fn is_possible() -> bool {
        Web::is_possible()
    }

    fn start(sandbox: &Sandbox) -> Self {
        Self { web: Web::start(sandbox), published: 0 }
    }

    fn publish(&mut self, bytes: &[u8]) {
        self.put(|file| file.write_all(bytes).unwrap());
    }

    fn publish_zeros(&mut self, length: u64) {
        self.put(|file| file.set_len(length).unwrap());
    }

    fn remove(&mut self) {
        self.web.nginx().remove("manifest.json");
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        self.fetcher_at(&self.web.origin(), PATIENT)
    }

    fn word(&self) -> String {
        Self::word_at(&self.web.origin())
    }

    fn stop(self) {
        self.web.stop();
    }
}

impl Remote for Listed {
    fn front(&self) -> &Front {
        self.web.front()
    }

    fn kill_server(&mut self) {
        self.web.kill_server();
    }

    fn start_server_again(&mut self, sandbox: &Sandbox) {
        self.web.start_server_again(sandbox);
    }

    fn fetcher_at(&self, origin: &str, patience: Duration) -> Box<dyn Fetch> {
        patient(Http::manifest(format!("{origin}/manifest.json")), patience)
    }

    fn word_at(origin: &str) -> String {
        format!("manifest={origin}/manifest.json")
    }
}
