//! What breaks in the middle is gone on with, if it is surely the same; and never put together of
//! two files.

use std::{
    io::Read,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use selfup_fetch::{Error, ErrorKind, Fetch, Outcome};
use selfup_fetch_http::{Http, Validators};

use crate::{
    fetch, gzip, http, poll,
    server::{Reply, Request, Server, Then},
};

type Headers = &'static [(&'static str, &'static str)];

const TAGGED: Headers = &[("ETag", "\"1\"")];

/// How an answer ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Whole,
    BeforeHead,
    InHead,
    /// After so many bytes of the body, closed.
    Close(usize),
    /// The same, reset.
    Reset(usize),
    /// The same, with nothing more to come.
    Stall(usize),
    /// In chunks: after these bytes of the framing, or of the body.
    InChunks(&'static [u8]),
    /// An answer of its own.
    Say(u16, Headers),
}

fn file() -> Vec<u8> {
    (0..1000_u32).flat_map(u32::to_be_bytes).collect()
}

/// Where a request wants to begin.
fn first_byte(request: &Request) -> Option<usize> {
    request.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

/// Serves `body`, or its rest, and ends as it is told.
fn serve(
    request: &Request,
    reply: &mut Reply<'_>,
    headers: Headers,
    body: &[u8],
    end: End,
) -> Then {
    let first = first_byte(request);
    let part = &body[first.unwrap_or_default()..];
    let range = first.map(|first| format!("bytes {first}-{}/{}", body.len() - 1, body.len()));
    let mut headers = headers.to_vec();
    headers.extend(range.as_deref().map(|range| ("Content-Range", range)));
    let status = if range.is_some() { 206 } else { 200 };
    let cut = |n: usize| &part[..n.min(part.len())];
    match end {
        End::Whole => return reply.answer(request, status, &headers, part),
        End::Say(status, headers) => return reply.answer(request, status, headers, b"no"),
        End::BeforeHead => {}
        End::InHead => reply.send(b"HTTP/1.1 206 Partial Content\r\nContent-Le"),
        End::InChunks(bytes) => {
            headers.push(("Transfer-Encoding", "chunked"));
            reply.head(status, &headers, None);
            reply.send(bytes);
        }
        End::Close(n) | End::Reset(n) | End::Stall(n) => {
            reply.head(status, &headers, Some(part.len()));
            reply.send(cut(n));
        }
    }
    match end {
        End::Stall(_) => reply.hang(),
        End::Reset(_) => reply.reset(),
        _ => Then::Close,
    }
}

/// Serves a body whose first answers end as listed, and the others whole.
fn origin(headers: Headers, body: Vec<u8>, ends: &[End]) -> Server {
    let ends = ends.to_vec();
    let answered = AtomicUsize::new(0);
    Server::start(move |request, reply| {
        let nth = answered.fetch_add(1, Ordering::Relaxed);
        serve(request, reply, headers, &body, ends.get(nth).copied().unwrap_or(End::Whole))
    })
}

/// The ranges that were asked for.
fn ranges(server: &Server) -> Vec<String> {
    let requests = server.requests();
    requests.iter().map(|request| request.header("range").unwrap_or("all").to_owned()).collect()
}

/// Reads what can be read, and then the error.
fn broken(source: &mut Http) -> (Vec<u8>, Error) {
    let (mut reader, mut bytes) = (poll(source).unwrap().unwrap().reader, Vec::new());
    let error = Error::from(reader.read_to_end(&mut bytes).unwrap_err());
    let again = Error::from(reader.read_to_end(&mut bytes).unwrap_err());
    assert_eq!(again.kind(), error.kind(), "an error stays an error");
    (bytes, error)
}

#[test]
fn wherever_it_is_cut_the_rest_is_fetched() {
    let last = file().len() - 1;
    for (end, rest) in [
        (End::Close(0), "bytes=0-"),
        (End::Close(1), "bytes=1-"),
        (End::Close(2000), "bytes=2000-"),
        (End::Close(last), "bytes=3999-"),
        (End::Reset(0), "bytes=0-"),
        (End::InChunks(b""), "bytes=0-"),
        (End::InChunks(b"fa"), "bytes=0-"),
        (End::InChunks(b"4\r\n"), "bytes=0-"),
        (End::InChunks(b"4\r\n\0\0"), "bytes=2-"),
        (End::InChunks(b"4\r\n\0\0\0\0"), "bytes=4-"),
        (End::InChunks(b"4\r\n\0\0\0\0\r\n"), "bytes=4-"),
    ] {
        let server = origin(TAGGED, file(), &[end]);
        let mut source = http(server.url("/app")).bearer("token");
        assert!(fetch(&mut source).unwrap().unwrap() == file(), "{end:?}");
        let requests = server.requests();
        assert_eq!(requests.len(), 2, "{end:?}");
        assert_eq!(requests[1].header("range"), Some(rest), "{end:?}");
        assert_eq!(requests[1].header("if-range"), Some("\"1\""));
        assert_eq!(requests[1].header("accept-encoding"), Some("identity"));
        assert_eq!(requests[1].header("authorization"), Some("Bearer token"));
        source.settle(Outcome::Installed);
        assert_eq!(fetch(&mut source).unwrap(), None, "it counts as seen");
    }
}

#[test]
fn the_rest_may_be_cut_as_well() {
    let cuts = [
        End::Close(1000),
        End::BeforeHead,
        End::InHead,
        End::Say(500, &[]),
        End::Close(500),
        End::InChunks(b"2\r\nab"),
    ];
    let mut body = file();
    body[1500..1502].copy_from_slice(b"ab");
    let server = origin(TAGGED, body.clone(), &cuts);
    assert!(fetch(&mut http(server.url("/app"))).unwrap().unwrap() == body);
    assert_eq!(
        ranges(&server),
        [
            "all",
            "bytes=1000-",
            "bytes=1000-",
            "bytes=1000-",
            "bytes=1000-",
            "bytes=1500-",
            "bytes=1502-"
        ]
    );
}

#[test]
fn who_reads_decompressed_does_not_notice() {
    let packed = gzip(&file());
    let server = origin(TAGGED, packed.clone(), &[End::Close(packed.len() / 2), End::Reset(9)]);
    assert!(fetch(&mut http(server.url("/app.gz"))).unwrap().unwrap() == file());
}

#[test]
fn what_stalls_is_asked_for_on_another_connection() {
    let server = origin(TAGGED, file(), &[End::Stall(100)]);
    let mut source = http(server.url("/app")).stall_timeout(Duration::from_millis(300));
    assert!(fetch(&mut source).unwrap().unwrap() == file());
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 1]);
}

#[test]
fn a_part_of_the_rest_is_taken_too() {
    // At most a thousand bytes at a time, as some caches have it.
    let server = Server::start(|request, reply| {
        let (body, first) = (file(), first_byte(request));
        let Some(first) = first else {
            return serve(request, reply, TAGGED, &body, End::Close(10));
        };
        let end = body.len().min(first + 1000);
        let range = format!("bytes {first}-{}/{}", end - 1, body.len());
        let headers = [TAGGED[0], ("Content-Range", &range)];
        reply.answer(request, 206, &headers, &body[first..end])
    });
    assert!(fetch(&mut http(server.url("/app"))).unwrap().unwrap() == file());
    let ranges = ranges(&server);
    assert_eq!(ranges[1..], ["bytes=10-", "bytes=1010-", "bytes=2010-", "bytes=3010-"]);
}

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
    type Answer = fn(&Request, &mut Reply<'_>, Headers) -> Then;
    let answers: [(&str, Answer); 4] = [
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
    for (name, answer) in answers {
        let server = Server::start(move |request, reply| match request.header("range") {
            None => serve(request, reply, TAGGED, &file(), End::Close(100)),
            Some(_) => answer(request, reply, new),
        });
        let mut source = http(server.url("/app"));
        let (bytes, error) = broken(&mut source);
        assert_eq!(error.kind(), ErrorKind::Changed, "{name}: {error}");
        assert!(error.is_transient() && error.to_string().contains("after 100 bytes"), "{error}");
        assert!(bytes == file()[..100], "{name}");
        assert_eq!(ranges(&server).len(), 2, "{name}");
        source.settle(Outcome::Failed);
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
fn it_ends_after_so_many_or_without_progress() {
    let server = origin(TAGGED, file(), &[End::Close(100); 20]);
    let (bytes, error) = broken(&mut http(server.url("/app")).resumptions(3));
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.to_string().contains("after 400 of 4000 bytes"), "{error}");
    assert!(bytes == file()[..400]);
    assert_eq!(ranges(&server), ["all", "bytes=100-", "bytes=200-", "bytes=300-"]);

    let server = origin(TAGGED, file(), &[End::Close(100), End::Close(0), End::Whole]);
    let (bytes, error) = broken(&mut http(server.url("/app")));
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(bytes == file()[..100]);
    assert_eq!(ranges(&server), ["all", "bytes=100-"], "what brings nothing is not tried again");
}

#[test]
fn a_server_in_trouble_is_given_time() {
    let soon: Headers = &[("Retry-After", "1")];
    let server = origin(TAGGED, file(), &[End::Close(100), End::Say(503, soon)]);
    assert!(fetch(&mut http(server.url("/app"))).unwrap().unwrap() == file());
    assert_eq!(ranges(&server).len(), 3);

    let late: Headers = &[("Retry-After", "60")];
    for status in [429, 503] {
        let server = origin(TAGGED, file(), &[End::Close(100), End::Say(status, late)]);
        let (_, error) = broken(&mut http(server.url("/app")));
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(60)), "it is passed on");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(&status.to_string()), "{cause}");
        assert_eq!(ranges(&server).len(), 2);
    }

    for (status, kind) in
        [(404, ErrorKind::NotFound), (403, ErrorKind::Denied), (400, ErrorKind::Protocol)]
    {
        let server = origin(TAGGED, file(), &[End::Close(100), End::Say(status, &[])]);
        assert_eq!(broken(&mut http(server.url("/app"))).1.kind(), kind);
        assert_eq!(ranges(&server).len(), 2, "{status}");
    }
}

#[test]
fn the_total_spans_all_of_it() {
    let server = origin(TAGGED, file(), &[End::Close(1); 1000]);
    let mut source =
        http(server.url("/app")).resumptions(1000).total_timeout(Duration::from_secs(1));
    let (_, error) = broken(&mut source);
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(error.to_string().contains("not complete within 1s"), "{error}");
    assert!(server.requests().len() > 1);
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
