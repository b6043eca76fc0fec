//! A manifest that nginx serves, and the files that it names.

use super::{PATIENT, Source, Web};
use crate::sandbox::Sandbox;
use selfup::fetch::{Fetch, Http};
use std::fs::{self, File};
use std::io::Write;
use std::process::Command;

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
        self.web.put(&name, write);
        let path = self.web.path(&name);
        let size = fs::metadata(&path).unwrap().len();
        let output = Command::new("sha256sum").arg(&path).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let digest = told.split(' ').next().unwrap();
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
        self.web.put("manifest.json", |file| file.write_all(manifest.as_bytes()).unwrap());
    }

    fn url(&self) -> String {
        format!("{}/manifest.json", self.web.origin())
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
        fs::remove_file(self.web.path("manifest.json")).unwrap();
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        let http = Http::manifest(self.url())
            .proxy_from_env(false)
            .connect_timeout(PATIENT)
            .response_timeout(PATIENT)
            .stall_timeout(PATIENT);
        Box::new(http)
    }

    fn word(&self) -> String {
        format!("manifest={}", self.url())
    }

    fn stop(self) {
        self.web.stop();
    }
}
