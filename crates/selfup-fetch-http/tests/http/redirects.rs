//! Tests where redirects may lead, and which headers go there.

use selfup_fetch::{ErrorKind, Fetch, Outcome};

use crate::{
    fetch, gzip, http, poll,
    server::{Request, Server},
};

fn to(location: impl Into<String>, status: u16) -> Server {
    let location = location.into();
    Server::start(move |request, reply| {
        reply.answer(request, status, &[("Location", &location)], b"moved")
    })
}

fn file() -> Server {
    Server::start(|request, reply| {
        let body = if request.path.ends_with(".gz") { gzip(b"one") } else { b"one".to_vec() };
        reply.answer(request, 200, &[("ETag", "\"1\"")], &body)
    })
}

const SECRETS: [&str; 2] = ["authorization", "x-api-key"];

fn secrets(request: &Request) -> Vec<&str> {
    SECRETS.iter().filter_map(|name| request.header(name)).collect()
}

#[test]
fn they_are_followed() {
    let file = file();
    for status in [301, 302, 303, 307, 308] {
        let from = to(file.url("/app"), status);
        let mut source = http(from.url("/latest"));
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one", "{status}");
        source.report(Outcome::Installed);
        assert_eq!(fetch(&mut source).unwrap(), None);
        assert_eq!(from.methods(), ["GET", "HEAD"], "each poll begins at the configured address");
        assert_eq!(file.methods(), ["GET", "HEAD"]);
    }
}

#[test]
fn a_name_in_gz_at_either_end_is_decompressed() {
    let file = file();
    let plain = Server::start(|request, reply| reply.answer(request, 200, &[], &gzip(b"one")));
    for (from, to_url) in [("/latest", file.url("/app.gz")), ("/app.gz", plain.url("/blob/1"))] {
        let from_server = to(to_url, 302);
        assert_eq!(fetch(&mut http(from_server.url(from))).unwrap().unwrap(), b"one");
    }
}

#[test]
fn credentials_go_to_their_own_origin_only() {
    let other = file();
    let home = to(other.url("/app"), 302);
    let secret = |url: String| http(url).header("X-Api-Key", "key").bearer("token");
    let mut source = secret(home.url("/app"));
    fetch(&mut source).unwrap().unwrap();
    source.report(Outcome::Installed);
    fetch(&mut source).unwrap();
    for request in home.requests() {
        assert_eq!(secrets(&request), ["Bearer token", "key"], "{}", request.method);
    }
    let requests = other.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!(secrets(request), [""; 0], "{}", request.method);
    }

    // Within the origin the headers are kept.
    let home = Server::start(|request, reply| match request.path.as_str() {
        "/latest" => reply.answer(request, 302, &[("Location", "app")], b""),
        _ => reply.answer(request, 200, &[], b"one"),
    });
    fetch(&mut secret(home.url("/latest"))).unwrap().unwrap();
    for request in home.requests() {
        assert_eq!(secrets(&request).len(), 2, "{}", request.path);
    }

    // The same holds for credentials in the URL.
    let other = file();
    let home = to(other.url("/app"), 302);
    let url = home.url("/app").replace("http://", "http://me:p%40ss@");
    fetch(&mut http(url)).unwrap().unwrap();
    assert_eq!(home.requests()[0].header("authorization"), Some("Basic bWU6cEBzcw=="));
    assert_eq!(other.requests()[0].header("authorization"), None);

    // Nor are the credentials in a redirect.
    let home = to(other.url("/app").replace("http://", "http://you:word@"), 302);
    fetch(&mut http(home.url("/app"))).unwrap().unwrap();
    assert_eq!(other.requests()[0].header("authorization"), None);
}

#[test]
fn another_name_for_the_same_machine_is_another_origin() {
    let server = Server::start(|request, reply| {
        let port = request.header("host").unwrap().rsplit(':').next().unwrap();
        let location = format!("http://localhost:{port}/app");
        match request.path.as_str() {
            "/latest" => reply.answer(request, 302, &[("Location", &location)], b""),
            _ => reply.answer(request, 403, &[], b"who are you?"),
        }
    });
    let error = poll(&mut http(server.url("/latest")).basic("me", "SECRET")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("no credentials"), "{error}");
    assert!(error.to_string().contains("localhost"), "{error}");
    assert!(error.to_string().contains(&server.url("/latest")), "{error}");
    assert_eq!(server.requests()[1].header("authorization"), None);
}

#[test]
fn they_are_bounded() {
    let turning = to("/again", 302);
    let error = poll(&mut http(turning.url("/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(!error.is_transient());
    assert!(error.to_string().contains("more than 10 times"), "{error}");
    assert_eq!(turning.requests().len(), 11);

    let error = poll(&mut http(turning.url("/app")).max_redirects(0)).unwrap_err();
    assert!(error.to_string().contains("more than 0 times"), "{error}");
    assert_eq!(turning.requests().len(), 1);
}

#[test]
fn those_that_lead_nowhere_are_named() {
    for (location, word) in [
        ("file:///etc/passwd", "file: is neither"),
        ("ftp://host/app", "ftp: is neither"),
        ("http://", "no host"),
        ("http://host:99999/", "port"),
    ] {
        let server = to(location, 302);
        let error = poll(&mut http(server.url("/app"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(!error.is_transient());
        assert!(error.to_string().contains(word), "{error}");
    }
    let server = Server::start(|request, reply| reply.answer(request, 302, &[], b""));
    let error = poll(&mut http(server.url("/app"))).unwrap_err();
    assert!(error.to_string().contains("without a location"), "{error}");
    let server = Server::start(|request, reply| reply.answer(request, 304, &[], b""));
    let error = poll(&mut http(server.url("/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "nobody asked on a condition");
}
