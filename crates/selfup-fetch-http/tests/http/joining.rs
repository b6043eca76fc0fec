//! Tests that the rest of a file is joined to its start only if both are certain to be of one file.

use std::sync::{Arc, Mutex};

use selfup_fetch::{ErrorKind, Fetch, Outcome};
use selfup_fetch_http::{Http, Validators};

use crate::{
    breaking::{End, Headers, TAGGED, broken, file, origin, ranges, serve},
    fetch, gzip, http, poll,
    server::{Reply, Request, Server, Then},
};

#[test]
fn without_a_strong_validator_nothing_is_joined() {
    let old: Headers = &[
        ("Last-Modified", "Mon, 05 Jan 2026 12:00:00 GMT"),
        ("Date", "Mon, 05 Jan 2026 12:30:00 GMT"),
    ];
    let server = origin(old, file(), &[End::Close(100)]);
    assert!(fetch(&mut http(server.url("/app"))).unwrap().unwrap() == file());
    let condition = server.requests()[1].header("if-range").map(str::to_owned);
    assert_eq!(condition.as_deref(), Some("Mon, 05 Jan 2026 12:00:00 GMT"));

    let fresh: Headers = &[
        ("Last-Modified", "Mon, 05 Jan 2026 12:00:00 GMT"),
        ("Date", "Mon, 05 Jan 2026 12:00:30 GMT"),
    ];
    let weak: Headers = &[
        ("ETag", "W/\"1\""),
        ("Last-Modified", "Mon, 05 Jan 2026 12:00:00 GMT"),
        ("Date", "Mon, 05 Jan 2026 12:30:00 GMT"),
    ];
    let refused: Headers = &[("ETag", "\"1\""), ("Accept-Ranges", "none")];
    let coded: Headers = &[("ETag", "\"1\""), ("Content-Encoding", "gzip")];
    for headers in [&[], fresh, weak, refused, coded] {
        let server = origin(headers, gzip(&file()), &[End::Close(100)]);
        let (_, error) = broken(&mut http(server.url("/app")));
        assert_eq!(error.kind(), ErrorKind::Truncated, "{headers:?}");
        assert_eq!(ranges(&server), ["all"], "{headers:?}");
    }
    for settings in [(|source: Http| source.resumptions(0)) as fn(Http) -> Http, |source| {
        source.validators(Validators::all().etag(false))
    }] {
        let server = origin(TAGGED, file(), &[End::Close(100)]);
        let (bytes, error) = broken(&mut settings(http(server.url("/app"))));
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(bytes.len(), 100);
        assert_eq!(ranges(&server), ["all"]);
    }
}

#[test]
fn what_changed_meanwhile_is_not_joined() {
    let new: Headers = &[("ETag", "\"2\"")];
    type Response = fn(&Request, &mut Reply<'_>, Headers) -> Then;
    let responses: [(&str, Response); 4] = [
        ("the new one from its start", |request, reply, new| {
            reply.answer(request, 200, new, b"the new one")
        }),
        ("the rest of the new one", |request, reply, new| {
            serve(request, reply, new, &[7; 4000], End::Whole)
        }),
        ("a rest of nobody knows what", |request, reply, _| {
            serve(request, reply, &[], &[7; 4000], End::Whole)
        }),
        ("nothing there any more", |request, reply, new| {
            reply.answer(request, 416, &[new[0], ("Content-Range", "bytes */50")], b"")
        }),
    ];
    for (name, response) in responses {
        let server = Server::start(move |request, reply| match request.header("range") {
            None => serve(request, reply, TAGGED, &file(), End::Close(100)),
            Some(_) => response(request, reply, new),
        });
        let mut source = http(server.url("/app"));
        let (bytes, error) = broken(&mut source);
        assert_eq!(error.kind(), ErrorKind::Changed, "{name}: {error}");
        assert!(error.is_transient() && error.to_string().contains("after 100 bytes"), "{error}");
        assert!(bytes == file()[..100], "{name}");
        assert_eq!(ranges(&server).len(), 2, "{name}");
        source.report(Outcome::Failed);
        assert!(poll(&mut source).unwrap().is_some(), "{name}: it is fetched again");
    }
}

#[test]
fn a_rest_that_does_not_fit_is_not_joined() {
    let tag = TAGGED[0];
    for (headers, length) in [
        (vec![tag, ("Content-Range", "bytes 99-3999/4000")], 3901),
        (vec![tag, ("Content-Range", "bytes 101-3999/4000")], 3899),
        (vec![tag, ("Content-Range", "bytes 100-3999/4001")], 3900),
        (vec![tag, ("Content-Range", "bytes 100-4000/4001")], 3901),
        (vec![tag, ("Content-Range", "bytes 100-3999/3999")], 3900),
        // Not as long as it says.
        (vec![tag, ("Content-Range", "bytes 100-3998/4000")], 3900),
        (vec![tag, ("Content-Range", "lines 100-3999/4000")], 3900),
        (vec![tag, ("Content-Type", "multipart/byteranges; boundary=x")], 3900),
        (vec![tag, ("Content-Range", "bytes 100-3999/4000"), ("Content-Encoding", "gzip")], 3900),
    ] {
        let shown = format!("{headers:?}");
        let server = Server::start(move |request, reply| match request.header("range") {
            None => serve(request, reply, TAGGED, &file(), End::Close(100)),
            Some(_) => reply.answer(request, 206, &headers, &vec![7; length]),
        });
        let (bytes, error) = broken(&mut http(server.url("/app")));
        assert_eq!(error.kind(), ErrorKind::Protocol, "{shown}: {error}");
        assert!(error.is_transient(), "{shown}");
        assert!(bytes == file()[..100], "{shown}");
    }
}

#[test]
fn a_server_without_ranges_is_asked_once() {
    let server = Server::start(|request, reply| match request.header("range") {
        None => serve(request, reply, TAGGED, &file(), End::Close(100)),
        Some(_) => reply.answer(request, 200, TAGGED, &file()),
    });
    let (bytes, error) = broken(&mut http(server.url("/app")));
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    assert!(error.to_string().contains("after 100 of 4000 bytes"), "{error}");
    assert!(bytes == file()[..100]);
    assert_eq!(ranges(&server), ["all", "bytes=100-"]);
}

#[test]
fn the_rest_is_of_the_same_place() {
    // Two mirrors with tags of their own that are equal by chance.
    let other = origin(TAGGED, vec![7; 4000], &[]);
    let file_server = origin(TAGGED, file(), &[End::Close(100), End::Close(100)]);
    let targets = Arc::new(Mutex::new(vec![other.url("/app"), file_server.url("/app?key=1")]));
    let turning = targets.clone();
    let home = Server::start(move |request, reply| {
        let mut targets = turning.lock().unwrap();
        let target = if targets.len() > 1 { targets.pop().unwrap() } else { targets[0].clone() };
        reply.answer(request, 302, &[("Location", &target)], b"")
    });
    let (bytes, error) = broken(&mut http(home.url("/latest")).bearer("token"));
    assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
    assert!(bytes == file()[..100]);
    assert_eq!(other.requests().len(), 1);

    // A key of its own for each request is still the same place.
    *targets.lock().unwrap() = vec![file_server.url("/app?key=3"), file_server.url("/app?key=2")];
    assert!(fetch(&mut http(home.url("/latest")).bearer("token")).unwrap().unwrap() == file());
    for request in [file_server.requests(), other.requests()].concat() {
        assert_eq!(request.header("authorization"), None, "{}", request.path);
    }
}
