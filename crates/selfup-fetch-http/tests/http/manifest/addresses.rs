//! Tests where a manifest may lead, and which headers go there.

use selfup_fetch::{ErrorKind, Fetch};

use super::{Site, brings, following, manifest, poll};
use crate::{server::Server, tls};

#[test]
fn they_are_relative_to_where_the_manifest_came_from() {
    let site = Site::start();
    let there = site.server.url("/a/manifest.json");
    let door = Server::start(move |request, reply| {
        reply.answer(request, 302, &[("Location", &there)], b"there")
    });
    for (url, path) in [
        ("one", "/a/one"),
        ("b/one?v=1", "/a/b/one?v=1"),
        ("../one", "/one"),
        ("/c/one", "/c/one"),
        ("o ne", "/a/o%20ne"),
    ] {
        site.put(path, b"one");
        site.put_entry("1.0.0", &format!(r#"{{"url": "{url}"}}"#));
        for source in [&mut site.source(), &mut following(door.url("/latest.json?token=x"))] {
            brings(source, b"one");
            assert_eq!(site.requests().last().unwrap(), &format!("GET {path}"));
        }
    }
}

#[test]
fn credentials_stay_with_the_configured_origin() {
    let other = Server::start(|request, reply| reply.answer(request, 200, &[], b"one"));
    let site = Site::start();
    site.put("/a/one", b"one");
    for (url, at_home) in [("one".to_owned(), true), (other.url("/one"), false)] {
        site.put_entry("1.0.0", &format!(r#"{{"url": "{url}"}}"#));
        brings(&mut site.source().bearer("token"), b"one");
        let requests = [site.server.requests(), other.requests()].concat();
        let authorized: Vec<_> =
            requests.iter().map(|r| r.header("authorization").is_some()).collect();
        assert_eq!(authorized, [true, at_home], "{url}");
    }
    // Credentials in a URL of the manifest are not used.
    let url = other.url("/one").replace("http://", "http://me:password@");
    site.put_entry("1.0.0", &format!(r#"{{"url": "{url}"}}"#));
    brings(&mut site.source(), b"one");
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[test]
fn https_is_not_left() {
    let plain = Site::start();
    plain.put("/a/one", b"one");
    let url = plain.server.url("/a/one?key=SECRET");
    let entries = [
        format!(r#"{{"url": "{url}"}}"#),
        format!(r#"{{"url": "one", "signature_url": "{url}"}}"#),
    ];
    for entry in entries {
        let text = manifest("1.0.0", "", &entry);
        let secure =
            tls::secure(move |request, reply| reply.answer(request, 200, &[], text.as_bytes()));
        let mut source = tls::trust(following(tls::url(&secure, "/manifest.json")));
        let error = poll(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains("/manifest.json: the manifest's URL http"), "{error}");
        assert!(
            error.to_string().ends_with("key=… cannot be used: it is unencrypted http:"),
            "{error}"
        );
        assert!(plain.requests().is_empty());
    }
}

#[test]
fn invalid_urls_are_errors() {
    let site = Site::start();
    for (url, word) in [
        ("ftp://host/app", "ftp: is neither"),
        ("https://", "no host"),
        ("file:///etc/passwd", "file: is neither"),
        ("http://host:0/", "port"),
    ] {
        site.put_entry("1.0.0", &format!(r#"{{"url": "{url}"}}"#));
        let error = poll(&mut site.source()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    following("ftp://host/manifest.json").init(&crate::current()).unwrap_err();
}
