//! Tests following a manifest: the requests, the artifacts, and the refusals.

mod addresses;
mod refusals;
mod signatures;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use selfup_fetch::{Artifact, Error, Fetch, Outcome, RunningExecutable};
use selfup_fetch_http::Http;

use crate::{current, gzip, read, server::Server};

const ONE: &str = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const ONE_ID: &str = "fe05bcdcdc4928012781a5f1a2a77cbb5398e106";
const TWO: &str = "sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

/// A server with what was put at each path, tagged by how often that was done; 404 elsewhere.
struct Site {
    server: Server,
    files: Arc<Mutex<Files>>,
}

/// By their paths, with their tags.
type Files = BTreeMap<String, (usize, Vec<u8>)>;

impl Site {
    fn start() -> Self {
        let files = Arc::<Mutex<Files>>::default();
        let shown = files.clone();
        let server = Server::start(move |request, reply| {
            let found = shown.lock().unwrap().get(&request.path).cloned();
            match found {
                Some((tag, bytes)) => {
                    let tag = format!("\"{tag}\"");
                    reply.answer(request, 200, &[("ETag", &tag)], &bytes)
                }
                None => reply.answer(request, 404, &[], b"no such thing"),
            }
        });
        Self { server, files }
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let mut files = self.files.lock().unwrap();
        let tag = files.get(path).map_or(1, |(tag, _)| tag + 1);
        files.insert(path.to_owned(), (tag, bytes.to_vec()));
    }

    /// Publishes a manifest that has this for us.
    fn put_entry(&self, version: &str, entry: &str) {
        self.put("/a/manifest.json", manifest(version, "", entry).as_bytes());
    }

    fn source(&self) -> Http {
        following(self.server.url("/a/manifest.json"))
    }

    /// The requests since the last call.
    fn requests(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        requests.map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

/// With these fields beside those that must be there, and another platform beside ours.
fn manifest(version: &str, fields: &str, entry: &str) -> String {
    let os = std::env::consts::OS;
    format!(
        r#"{{"format": 1, "version": "{version}"{fields}, "targets":
            {{"{os}": {entry}, "other": {{"url": "other"}}}}}}"#
    )
}

fn following(url: impl Into<String>) -> Http {
    Http::manifest(url).proxy_from_env(false).total_timeout(Duration::from_secs(60))
}

fn poll(source: &mut Http) -> Result<Option<Artifact>, Error> {
    source.fetch(&current())
}

#[track_caller]
fn brings(source: &mut Http, bytes: &[u8]) {
    assert_eq!(read(poll(source).unwrap().unwrap()).unwrap(), bytes);
}

#[track_caller]
fn brings_nothing(source: &mut Http) {
    assert!(poll(source).unwrap().is_none());
}

#[test]
fn the_manifest_is_polled_and_the_file_fetched_when_there_is_a_new_one() {
    let site = Site::start();
    let mut source = site.source();
    site.put("/a/one", b"one");
    site.put_entry("1.0.0", r#"{"url": "one"}"#);
    for _ in 0..2 {
        brings(&mut source, b"one");
        assert_eq!(site.requests(), ["GET /a/manifest.json", "GET /a/one"]);
        source.report(Outcome::Failed);
    }
    brings(&mut source, b"one");
    source.report(Outcome::Installed);
    site.requests();
    brings_nothing(&mut source);
    assert_eq!(site.requests(), ["HEAD /a/manifest.json"]);

    // News for others alone.
    let other = manifest("1.0.0", "", r#"{"url": "one"}"#).replace("\"other\"}", "\"new\"}");
    site.put("/a/manifest.json", other.as_bytes());
    brings_nothing(&mut source);
    brings_nothing(&mut source);
    let requests = ["HEAD /a/manifest.json", "GET /a/manifest.json", "HEAD /a/manifest.json"];
    assert_eq!(site.requests(), requests);

    // At the same address, but of another version.
    site.put("/a/one", b"two");
    site.put_entry("1.0.1", r#"{"url": "one"}"#);
    brings(&mut source, b"two");
    source.report(Outcome::Refused);
    site.requests();
    brings_nothing(&mut source);
    assert_eq!(site.requests(), ["HEAD /a/manifest.json"]);
    site.put("/a/three", b"three");
    site.put_entry("1.0.1", r#"{"url": "three"}"#);
    brings(&mut source, b"three");
}

#[test]
fn what_a_manifest_declares_about_the_executable_is_passed_on() {
    let site = Site::start();
    site.put("/a/app-1.gz", &gzip(b"one"));
    let size = gzip(b"one").len();
    let of_executable = format!(r#""executable": {{"size": 3, "digests": ["{ONE}"]}}"#);
    let entry = format!(r#"{{"url": "app-1.gz", "size": {size}, {of_executable}}}"#);
    site.put_entry("1.0.0", &entry);
    let artifact = poll(&mut site.source()).unwrap().unwrap();
    assert_eq!(artifact.version.as_deref(), Some("1.0.0"));
    assert_eq!(artifact.size, Some(3));
    assert_eq!(artifact.digests, [ONE.parse().unwrap()]);
    assert_eq!((artifact.file_name.as_deref(), &artifact.signature), (Some("app-1"), &None));
    assert_eq!(read(artifact).unwrap(), b"one");

    let named = entry.replace("\"size\": 3", "\"name\": \"app\"");
    site.put_entry("1.0.0", &named.replace("{\"url\"", "{\"version\": \"0.9.0\", \"url\""));
    let artifact = poll(&mut site.source()).unwrap().unwrap();
    assert_eq!(artifact.file_name.as_deref(), Some("app"));
    assert_eq!((artifact.version.as_deref(), artifact.size), (Some("0.9.0"), None));
}

#[test]
fn a_file_that_has_moved_is_not_fetched_again() {
    let site = Site::start();
    let mut source = site.source();
    site.put("/a/one", b"one");
    site.put_entry("1.0.0", &format!(r#"{{"url": "one", "digests": ["{ONE}"]}}"#));
    brings(&mut source, b"one");
    source.report(Outcome::UpToDate);
    site.put_entry("1.0.0", &format!(r#"{{"url": "b/one", "digests": ["{ONE}"]}}"#));
    brings_nothing(&mut source);
    site.put("/a/b/two", b"two");
    site.put_entry("1.0.0", &format!(r#"{{"url": "b/two", "digests": ["{TWO}"]}}"#));
    brings(&mut source, b"two");
}

#[test]
fn what_runs_is_not_fetched() {
    let site = Site::start();
    site.put("/a/two", b"two");
    let entry = |url: &str, digest: &str| {
        format!(r#"{{"url": "{url}", "executable": {{"digests": ["{digest}"]}}}}"#)
    };
    let one = entry("one", &format!("sha1:{ONE_ID}"));
    site.put(
        "/a/manifest.json",
        manifest("1.0.0", r#", "minimum_version": "1.0.0""#, &one).as_bytes(),
    );
    let mut source = site.source();
    let current = RunningExecutable::new("/usr/bin/app", || ONE_ID.to_owned());
    assert!(source.fetch(&current).unwrap().is_none());
    assert_eq!(site.requests(), ["GET /a/manifest.json"]);
    assert!(source.fetch(&current).unwrap().is_none());
    assert_eq!(site.requests(), ["HEAD /a/manifest.json"]);
    // The id is not asked for where there is nothing to hold it against.
    site.put_entry("1.0.1", &entry("two", TWO));
    brings(&mut source, b"two");
}

#[test]
fn from_a_server_without_validators_only_the_manifest_is_fetched() {
    let server = Server::start(|request, reply| match request.path.as_str() {
        "/manifest.json" => {
            reply.answer(request, 200, &[], manifest("1", "", r#"{"url": "one"}"#).as_bytes())
        }
        _ => reply.answer(request, 200, &[], b"one"),
    });
    let mut source = following(server.url("/manifest.json"));
    brings(&mut source, b"one");
    source.report(Outcome::Installed);
    brings_nothing(&mut source);
    brings_nothing(&mut source);
    assert_eq!(server.methods(), ["GET", "GET", "GET", "GET"]);
}

#[test]
fn a_file_that_breaks_in_the_middle_is_resumed() {
    let server = Server::start(|request, reply| {
        let tag = ("ETag", "\"1\"");
        match (request.path.as_str(), request.header("range")) {
            ("/manifest.json", _) => {
                let text = manifest("1", "", r#"{"url": "app"}"#);
                reply.answer(request, 200, &[tag], text.as_bytes())
            }
            (_, Some("bytes=4-")) => {
                reply.answer(request, 206, &[tag, ("Content-Range", "bytes 4-7/8")], b"half")
            }
            _ => {
                reply.head(200, &[tag], Some(8));
                reply.send(b"one ");
                crate::server::Then::Close
            }
        }
    });
    brings(&mut following(server.url("/manifest.json")), b"one half");
}
