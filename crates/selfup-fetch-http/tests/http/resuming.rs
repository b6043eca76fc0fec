//! Tests that a transfer that breaks in the middle is resumed.

use std::time::Duration;

use selfup_fetch::{ErrorKind, Fetch, Outcome};

use crate::{
    breaking::{End, Headers, TAGGED, broken, file, first_byte, origin, ranges, serve},
    fetch, gzip, http,
    server::Server,
};

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
        source.report(Outcome::Installed);
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
fn a_decompressing_reader_continues_after_a_break() {
    let packed = gzip(&file());
    let server = origin(TAGGED, packed.clone(), &[End::Close(packed.len() / 2), End::Reset(9)]);
    assert!(fetch(&mut http(server.url("/app.gz"))).unwrap().unwrap() == file());
}

#[test]
fn what_stalls_is_asked_for_on_another_connection() {
    let server = origin(TAGGED, file(), &[End::Stall(100)]);
    let mut source = http(server.url("/app")).stall_timeout(Duration::from_secs(1));
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
