//! Tests the kind and the message of each failure.

use std::{error::Error as _, net::TcpListener, time::Duration};

use selfup_fetch::{ErrorKind, Fetch, Outcome};

use crate::{
    fetch, http, poll,
    server::{Server, Then},
};

#[test]
fn each_status_has_its_kind() {
    let none: &[(&str, &str)] = &[];
    for (status, headers, kind, transient, retry_after) in [
        (404, none, ErrorKind::NotFound, true, None),
        (410, none, ErrorKind::NotFound, true, None),
        (401, none, ErrorKind::Denied, false, None),
        (403, none, ErrorKind::Denied, false, None),
        (403, &[("Retry-After", "60")], ErrorKind::Unavailable, true, Some(60)),
        (429, &[("Retry-After", "7")], ErrorKind::Unavailable, true, Some(7)),
        (503, &[("Retry-After", " 120 ")], ErrorKind::Unavailable, true, Some(120)),
        (503, &[("Retry-After", "soon")], ErrorKind::Unavailable, true, None),
        (
            503,
            &[
                ("Retry-After", "Mon, 05 Jan 2026 12:00:30 GMT"),
                ("Date", "Mon, 05 Jan 2026 12:00:00 GMT"),
            ],
            ErrorKind::Unavailable,
            true,
            Some(30),
        ),
        (
            503,
            &[
                ("Retry-After", "Mon, 05 Jan 2026 12:00:00 GMT"),
                ("Date", "Mon, 05 Jan 2026 12:00:30 GMT"),
            ],
            ErrorKind::Unavailable,
            true,
            Some(0),
        ),
        (408, none, ErrorKind::Unavailable, true, None),
        (425, none, ErrorKind::Unavailable, true, None),
        (500, none, ErrorKind::Unavailable, true, None),
        (501, none, ErrorKind::Unavailable, true, None),
        (502, none, ErrorKind::Unavailable, true, None),
        (400, none, ErrorKind::Protocol, false, None),
        (405, none, ErrorKind::Protocol, false, None),
        (407, none, ErrorKind::Denied, false, None),
        (416, none, ErrorKind::Protocol, false, None),
        (421, none, ErrorKind::Protocol, true, None),
        (204, none, ErrorKind::Protocol, true, None),
        (206, none, ErrorKind::Protocol, true, None),
        (300, none, ErrorKind::Protocol, true, None),
    ] {
        let headers = headers.to_vec();
        let server =
            Server::start(move |request, reply| reply.answer(request, status, &headers, b""));
        let error = poll(&mut http(server.url("/app?key=SECRET"))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.is_transient(), transient, "{error}");
        assert_eq!(error.retry_after(), retry_after.map(Duration::from_secs), "{error}");
        let text = error.to_string();
        assert!(text.contains(&status.to_string()), "{text}");
        assert!(text.contains(&server.url("/app?key=…")), "{text}");
    }
}

#[test]
fn a_head_that_fails_for_good_reason_is_not_repeated() {
    for status in [401, 429, 500, 503] {
        let server = Server::start(move |request, reply| {
            let status = if request.method == "HEAD" { status } else { 200 };
            reply.answer(request, status, &[("ETag", "\"1\""), ("Retry-After", "9")], b"one")
        });
        let mut source = http(server.url("/app"));
        fetch(&mut source).unwrap();
        source.report(Outcome::Installed);
        let error = poll(&mut source).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9)), "{error}");
        assert_eq!(server.methods(), ["GET", "HEAD"], "{status}");
    }
}

#[test]
fn a_port_without_a_listener_is_unreachable() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = poll(&mut http(format!("http://me:SECRET@{address}/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.is_transient());
    assert!(error.source().is_some());
    let text = error.to_string();
    assert!(text.contains("refused") && text.contains(&address.to_string()), "{text}");
    assert!(!text.contains("SECRET"), "{text}");
}

#[test]
fn an_unknown_host_name_is_unreachable() {
    // Reserved never to exist (RFC 6761).
    let error = poll(&mut http("http://selfup.invalid/app")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.is_transient());
    assert!(error.to_string().contains("check the host name"), "{error}");
}

#[test]
fn no_response_is_an_error() {
    let reset: fn(&mut crate::server::Reply<'_>) -> Then = |reply| reply.reset();
    let close: fn(&mut crate::server::Reply<'_>) -> Then = |_| Then::Close;
    let half: fn(&mut crate::server::Reply<'_>) -> Then = |reply| {
        reply.send(b"HTTP/1.1 200 OK\r\nContent-");
        Then::Close
    };
    for response in [reset, close, half] {
        let server = Server::start(move |_, reply| response(reply));
        let error = poll(&mut http(server.url("/app"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
        assert!(error.is_transient());
        assert_eq!(server.requests().len(), 1, "a new connection is not tried twice");
    }
}

#[test]
fn no_http_is_an_error() {
    for response in [
        &b"SSH-2.0-OpenSSH_9.9\r\n\r\n"[..],
        b"HTTP/1.1 999999 What\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nbytes",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nbytes",
        b"\0\0\0\0",
    ] {
        let server = Server::start(move |_, reply| {
            reply.send(response);
            Then::Close
        });
        let error = fetch(&mut http(server.url("/app"))).unwrap_err();
        let kind = error.kind();
        assert!(
            matches!(kind, ErrorKind::Protocol | ErrorKind::Truncated),
            "{:?}: {error}",
            String::from_utf8_lossy(response)
        );
    }
}

#[test]
fn a_head_without_end_is_refused() {
    let server = Server::start(|_, reply| {
        reply.send(b"HTTP/1.1 200 OK\r\n");
        for _ in 0..100_000 {
            reply.send(b"X: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
        }
        Then::Close
    });
    let error = poll(&mut http(server.url("/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}
