//! Tests the manifests that are not followed, and the files that are refused.

use selfup_fetch::{Error, ErrorKind, Fetch, Outcome};

use super::{ONE, Site, TWO, brings, following, manifest, poll};
use crate::{current, gzip, read, server::Server};

#[test]
fn a_manifest_that_cannot_be_used_is_named_and_asked_for_again() {
    let site = Site::start();
    site.put("/a/one", b"one");
    let mut source = site.source();
    let ours = r#"{"url": "one"}"#;
    let nothing_for_us =
        manifest("1", "", ours).replace(&format!("\"{}\":", std::env::consts::OS), "\"x\":");
    for (text, kind, words) in [
        (String::new(), ErrorKind::Protocol, "the manifest is empty"),
        ("<html>".into(), ErrorKind::Protocol, "a page for people"),
        (manifest("1", "", "7"), ErrorKind::Protocol, "must be an object, and is a number"),
        (nothing_for_us, ErrorKind::NoneForPlatform, "; it has other, x"),
        (manifest("1", r#", "requires": ["more"]"#, ours), ErrorKind::Unsupported, "\"more\""),
        (manifest("1", "", r#"{"requires": ["more"]}"#), ErrorKind::Unsupported, "\"more\" for"),
        (" ".repeat((1 << 20) + 1), ErrorKind::TooLarge, "more than the 1048576 bytes"),
    ] {
        site.put("/a/manifest.json", text.as_bytes());
        for _ in 0..2 {
            let error = poll(&mut source).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            let place = format!("could not fetch {}: ", site.server.url("/a/manifest.json"));
            assert!(error.to_string().starts_with(&place), "{error}");
            assert!(error.to_string().contains(words), "{error}");
            source.report(Outcome::Failed);
        }
    }
    assert!(site.requests().iter().all(|request| request.ends_with("/manifest.json")));
    site.put("/a/manifest.json", manifest("1", "", ours).as_bytes());
    brings(&mut source, b"one");
}

#[test]
fn a_program_that_is_too_old_fetches_nothing() {
    let site = Site::start();
    site.put("/a/one", b"one");
    let text = manifest("2.0.0", r#", "minimum_version": "1.8.0""#, r#"{"url": "one"}"#);
    site.put("/a/manifest.json", text.as_bytes());
    let mut source = site.source();
    for (running, words) in [(None, "is not known"), (Some("1.7.0"), "1.7.0 runs; install one")] {
        let error = source.fetch(&current().with_version(running)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(
            error.to_string().contains("/a/manifest.json: version 2.0.0 replaces 1.8.0"),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(site.requests(), ["GET /a/manifest.json"]);
    }
    // An operator has installed one in between.
    let artifact = source.fetch(&current().with_version(Some("1.8.2"))).unwrap().unwrap();
    assert_eq!(read(artifact).unwrap(), b"one");
}

#[test]
fn a_file_that_is_not_the_one_that_was_announced_does_not_end() {
    let site = Site::start();
    site.put("/a/one", b"one");
    site.put("/a/one.gz", &gzip(b"one"));
    let size = gzip(b"one").len();
    for (entry, kind, words) in [
        (r#""url": "one", "size": 4"#.to_owned(), ErrorKind::Truncated, "after 3 of 4 bytes"),
        (r#""url": "one", "size": 2"#.into(), ErrorKind::Corrupt, "more than the 2 bytes"),
        (format!(r#""url": "one", "digests": ["{TWO}"]"#), ErrorKind::Corrupt, "its digest is"),
        (format!(r#""url": "one", "digests": ["{ONE}", "{TWO}"]"#), ErrorKind::Corrupt, TWO),
        // Of the file, not of what is inside.
        (format!(r#""url": "one.gz", "digests": ["{ONE}"]"#), ErrorKind::Corrupt, ONE),
        (format!(r#""url": "one.gz", "size": {}"#, size + 1), ErrorKind::Truncated, "bytes"),
    ] {
        site.put_entry("1.0.0", &format!("{{{entry}}}"));
        let mut source = site.source();
        for _ in 0..2 {
            let artifact = poll(&mut source).unwrap().unwrap();
            let error = {
                let mut reader = artifact.reader;
                Error::from(std::io::copy(&mut reader, &mut std::io::sink()).unwrap_err())
            };
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.is_transient());
            assert!(error.to_string().contains("/a/one"), "{error}");
            assert!(error.to_string().contains(words), "{error}");
            source.report(Outcome::Failed);
        }
    }
    site.put_entry("1.0.0", &format!(r#"{{"url": "one", "size": 3, "digests": ["{ONE}"]}}"#));
    brings(&mut site.source(), b"one");
}

/// A coding of the transfer is no part of the file; what is taken for one, is.
#[test]
fn a_file_is_what_is_published_however_it_comes() {
    let packed = gzip(b"one");
    for (url, entry) in [
        ("one", format!(r#""size": 3, "digests": ["{ONE}"]"#)),
        ("one.gz", format!(r#""size": {}"#, packed.len())),
    ] {
        let text = manifest("1", "", &format!(r#"{{"url": "{url}", {entry}}}"#));
        let packed = packed.clone();
        let server = Server::start(move |request, reply| {
            let text = gzip(text.as_bytes());
            let body = if request.path == "/manifest.json" { &text } else { &packed };
            reply.answer(request, 200, &[("Content-Encoding", "gzip")], body)
        });
        brings(&mut following(server.url("/manifest.json")), b"one");
    }
}

#[test]
fn a_file_that_is_not_there_yet_is_asked_for_again() {
    let site = Site::start();
    site.put_entry("1.0.0", r#"{"url": "one"}"#);
    let mut source = site.source();
    let error = poll(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/a/one: the server responds with 404"), "{error}");
    site.put("/a/one", b"one");
    brings(&mut source, b"one");
}
