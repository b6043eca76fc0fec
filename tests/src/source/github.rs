//! The API of GitHub as its documentation describes it, and the host that it redirects to for
//! files: what of it can be asked without a token.

use super::{PATIENT, Remote, Source, origin};
use crate::front::{Front, Identity, Upstream};
use crate::need;
use crate::nginx::Nginx;
use crate::release::sha256;
use crate::sandbox::Sandbox;
use selfup::fetch::{Fetch, GitHub};
use std::io::Write;
use std::time::Duration;

/// nginx behind a front, with the releases of `example/app`.
#[derive(Debug)]
pub struct Hub {
    nginx: Nginx,
    front: Front,
    published: u64,
}

/// The releases are a file. Assets are on another path of the same host, to which the API
/// redirects.
const API: &str = "server {
    listen unix:{folder}/hub;
    root {folder}/www;
    absolute_redirect off;
    location = /repos/example/app/releases {
        default_type application/json;
        try_files /releases.json =404;
    }
    location /repos/example/app/releases/assets/ {
        rewrite ^/repos/example/app/releases/assets/([0-9]+)$ /file-$1 redirect;
    }
}";

impl Hub {
    /// A release with one asset, later than those before, which are no longer listed.
    fn release(&mut self, size: u64, digest: Option<String>) {
        let id = self.published;
        let digest = digest.map_or("null".to_owned(), |digest| format!("\"sha256:{digest}\""));
        let date = format!("2026-01-05T10:{:02}:{:02}Z", id / 60, id % 60);
        let asset = format!(
            r#"{{"url": "http://127.0.0.1:1/asset", "id": {id}, "name": "app", "label": null,
            "state": "uploaded", "content_type": "application/octet-stream", "size": {size},
            "digest": {digest}, "download_count": 0, "created_at": "{date}",
            "updated_at": "{date}", "uploader": null,
            "browser_download_url": "http://127.0.0.1:1/download"}}"#
        );
        self.list(&format!(
            r#"{{"id": {id}, "tag_name": "v1.0.{id}", "target_commitish": "main",
            "name": "Release", "draft": false, "prerelease": false, "created_at": "{date}",
            "published_at": "{date}", "body": "notes", "assets": [{asset}]}}"#
        ));
    }

    fn list(&mut self, release: &str) {
        self.nginx.put("releases.json", |file| write!(file, "[{release}]").unwrap());
    }

    fn file(&mut self) -> String {
        self.published += 1;
        format!("file-{}", self.published)
    }
}

impl Source for Hub {
    fn is_possible() -> bool {
        need::program(Nginx::PROGRAM)
    }

    fn start(sandbox: &Sandbox) -> Self {
        let nginx = Nginx::start_with(sandbox, API);
        let front = Front::before(Upstream::Unix(nginx.file("hub")));
        let mut hub = Self { nginx, front, published: 0 };
        hub.list("");
        hub
    }

    fn publish(&mut self, bytes: &[u8]) {
        let name = self.file();
        let path = self.nginx.put(&name, |file| file.write_all(bytes).unwrap());
        self.release(bytes.len() as u64, Some(sha256(&path)));
    }

    fn publish_zeros(&mut self, length: u64) {
        let name = self.file();
        self.nginx.put(&name, |file| file.set_len(length).unwrap());
        self.release(length, None);
    }

    fn remove(&mut self) {
        self.list("");
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        self.fetcher_at(&origin(&self.front), PATIENT)
    }

    fn word(&self) -> String {
        Self::word_at(&origin(&self.front))
    }

    fn stop(self) {
        self.nginx.kill();
    }
}

impl Remote for Hub {
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
        let github = GitHub::new("example", "app")
            .base_url(origin)
            .asset("app")
            .proxy_from_env(false)
            .trust(Identity::ROOT)
            .connect_timeout(patience)
            .response_timeout(patience)
            .stall_timeout(patience);
        Box::new(github)
    }

    fn word_at(origin: &str) -> String {
        format!("github={origin}")
    }
}
