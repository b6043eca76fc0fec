//! Tests servers that do not respond to `HEAD`, or differently than to `GET`.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use selfup_fetch::Outcome;

use crate::{
    fetch, http, poll,
    release::{EVENING, MORNING, NOON, origin, settled},
    server::{Reply, Request, Server, Then},
};

#[test]
fn without_head_a_conditional_get_asks() {
    for status in [400, 403, 404, 405, 500, 501, 502, 204] {
        for (headers, condition) in [
            (vec![("ETag", "\"1\""), ("Last-Modified", NOON)], "if-none-match"),
            (vec![("Last-Modified", NOON), ("Date", EVENING)], "if-modified-since"),
        ] {
            let (server, release) = origin(status, &headers, b"one");
            let mut source = http(server.url("/app"));
            assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"one");
            server.requests();
            assert_eq!(fetch(&mut source).unwrap(), None);
            assert_eq!(server.methods(), ["HEAD", "GET"], "HEAD is answered {status}");
            assert_eq!(fetch(&mut source).unwrap(), None);
            let requests = server.requests();
            assert_eq!(requests.len(), 1, "HEAD is not tried again");
            assert_eq!(requests[0].method, "GET");
            assert!(requests[0].header(condition).is_some(), "{requests:?}");

            // An older time: the server says 304 to it, and is not believed.
            release.publish(&[("Last-Modified", MORNING), ("Date", EVENING)], b"two");
            assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"two");
        }
    }
}

/// Each is asked once with `HEAD` that does not help, and never again.
#[test]
fn a_head_that_lies_or_fails_is_given_up() {
    type Response = fn(&Request, &mut Reply<'_>) -> Then;
    let heads: [(&str, Response); 6] = [
        ("no validators", |request, reply| reply.answer(request, 200, &[], b"one")),
        ("no length", |_, reply| {
            reply.head(200, &[], None);
            Then::Close
        }),
        ("length of an empty body", |request, reply| {
            reply.answer(request, 200, &[("ETag", "\"1\"")], b"")
        }),
        ("another tag", |request, reply| {
            reply.answer(request, 200, &[("ETag", "W/\"1\"")], b"one")
        }),
        ("closes", |_, _| Then::Close),
        ("no http", |_, reply| {
            reply.send(b"501 what is HEAD?\r\n");
            Then::Close
        }),
    ];
    for (name, head) in heads {
        let server = Server::start(move |request, reply| match request.method.as_str() {
            "HEAD" => head(request, reply),
            _ if request.header("if-none-match") == Some("\"1\"") => {
                reply.answer(request, 304, &[("ETag", "\"1\"")], b"")
            }
            _ => reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"),
        });
        let mut source = http(server.url("/app"));
        assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"one");
        server.requests();
        assert_eq!(fetch(&mut source).unwrap(), None, "{name}");
        let mut methods = server.methods();
        // A connection that was kept may have been closed for being old.
        methods.dedup();
        assert_eq!(methods, ["HEAD", "GET"], "{name}");
        assert_eq!(fetch(&mut source).unwrap(), None, "{name}");
        assert_eq!(server.methods(), ["GET"], "{name}");
    }
}

/// What it sends must not be taken for the next response.
#[test]
fn a_head_with_a_body_does_no_harm() {
    let (published, tag) = (Arc::new(AtomicU16::new(1)), |n| format!("\"{n}\""));
    let current = published.clone();
    let server = Server::start(move |request, reply| {
        let tag = tag(current.load(Ordering::Relaxed));
        reply.head(200, &[("ETag", &tag)], Some(5));
        reply.send(b"bytes");
        let _ = request;
        Then::Keep
    });
    let mut source = http(server.url("/app"));
    for release in 1..4 {
        published.store(release, Ordering::Relaxed);
        assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"bytes");
        assert_eq!(settled(&mut source, Outcome::Installed), None);
    }
}

#[test]
fn a_source_that_is_gone_does_not_end_the_use_of_head() {
    let gone = Arc::new(AtomicU16::new(200));
    let status = gone.clone();
    let server = Server::start(move |request, reply| {
        reply.answer(request, status.load(Ordering::Relaxed), &[("ETag", "\"1\"")], b"one")
    });
    let mut source = http(server.url("/app"));
    settled(&mut source, Outcome::Installed).unwrap();
    gone.store(404, Ordering::Relaxed);
    poll(&mut source).unwrap_err();
    gone.store(200, Ordering::Relaxed);
    server.requests();
    assert_eq!(fetch(&mut source).unwrap(), None);
    assert_eq!(server.methods(), ["HEAD"]);
}
