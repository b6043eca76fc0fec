//! Tests the validators that nginx sends, and what a poll transfers.

use super::site::{Site, fetch, install};
use selfup_fetch::ErrorKind;
use std::fs;

/// The requests by which a poll learns that nothing changed: with tags, with times alone, without `HEAD`.
#[test]
fn a_release_comes_once() {
    for (name, server, unchanged) in [
        ("tags", "", ["HEAD /app 200", "HEAD /app 200"]),
        ("times", "etag off;", ["HEAD /app 200", "HEAD /app 200"]),
        (
            "no-head",
            "if ($request_method = HEAD) { return 405; }",
            // The response to the first is 405, and no further one is sent.
            ["GET /app 304", "GET /app 304"],
        ),
        (
            "bare-head",
            // The response to `HEAD` lacks headers that the response to `GET` has.
            "set $bare ''; if ($request_method = HEAD) { rewrite ^ /bare last; }
             location = /bare { internal; return 200; }",
            ["GET /app 304", "GET /app 304"],
        ),
    ] {
        let Some(mut site) = Site::start(name, server) else { return };
        site.publish("app", b"one");
        let mut source = site.http("/app");
        assert_eq!(install(&mut source).unwrap(), b"one", "{name}");
        assert_eq!(site.asked(1).len(), 1, "{name}");
        assert_eq!(fetch(&mut source).unwrap(), None, "{name}");
        let lines = if unchanged[0].starts_with("HEAD") { 1 } else { 2 };
        assert_eq!(site.asked(lines).len(), lines, "{name}");
        for _ in 0..2 {
            assert_eq!(fetch(&mut source).unwrap(), None, "{name}");
        }
        let asked = site.asked(2);
        assert_eq!(asked.len(), 2, "{name}: {asked:?}");
        for (line, expected) in asked.iter().zip(unchanged) {
            assert!(line.starts_with(expected), "{name}: {asked:?}");
        }

        site.publish("app", b"two");
        assert_eq!(install(&mut source).unwrap(), b"two", "{name}");
        site.publish("app", b"one");
        assert_eq!(install(&mut source).unwrap(), b"one", "{name}: back to the first");
        assert_eq!(fetch(&mut source).unwrap(), None, "{name}");

        fs::remove_file(site.nginx.root().join("app")).unwrap();
        let error = fetch(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{name}: {error}");
        assert!(error.is_transient(), "{name}");
        site.publish("app", b"three");
        assert_eq!(install(&mut source).unwrap(), b"three", "{name}");
        site.finish();
    }
}

/// Only the bytes themselves identify the release then.
#[test]
fn without_validators_each_poll_brings_it() {
    let server = "etag off; add_header Last-Modified '';";
    let Some(mut site) = Site::start("validators", server) else { return };
    site.publish("app", b"one");
    let mut source = site.http("/app");
    for _ in 0..3 {
        assert_eq!(install(&mut source).unwrap(), b"one");
    }
    assert!(site.asked(3).iter().all(|line| line.starts_with("GET /app 200")));
    site.finish();
}
