//! Tests that no phase waits for ever. The bounds on the elapsed time only show that nothing hung.

use std::{
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use selfup_fetch::{Error, ErrorKind};
use selfup_fetch_http::Http;

use crate::{
    fetch, http, poll,
    server::{Server, Then},
};

const SHORT: Duration = Duration::from_millis(200);

fn ends(source: Http, run: fn(&mut Http) -> Result<(), Error>, kind: ErrorKind, word: &str) {
    let mut source = source;
    let started = Instant::now();
    let error = run(&mut source).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.is_transient());
    assert!(error.to_string().contains(word), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "it hung: {error}");
}

fn before_the_body(source: &mut Http) -> Result<(), Error> {
    poll(source).map(drop)
}

fn in_the_body(source: &mut Http) -> Result<(), Error> {
    let artifact = poll(source).unwrap().unwrap();
    crate::read(artifact).map(drop)
}

#[test]
fn connecting() {
    // A listener whose queue is full: no response to a SYN.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).unwrap();
    socket.listen(1).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, SHORT) {
        queued.push(stream);
        assert!(queued.len() < 100, "the queue does not fill");
    }
    let source = http(format!("http://{address}/app")).connect_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "no connection within 200ms");
}

#[test]
fn the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/app", listener.local_addr().unwrap());
    let source = http(&url).connect_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "no connection within 200ms");
    let source = http(&url).stall_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::Stalled, "no byte moved for 200ms");
}

#[test]
fn the_response() {
    let server = Server::start(|_, reply| reply.hang());
    let source = http(server.url("/app")).response_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "no response within 200ms");
    let source = http(server.url("/app")).stall_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::Stalled, "no byte moved for 200ms");
}

#[test]
fn the_middle_of_the_head() {
    let server = Server::start(|_, reply| {
        reply.send(b"HTTP/1.1 200 OK\r\nContent-Le");
        reply.hang()
    });
    let source = http(server.url("/app")).response_timeout(SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "no response within 200ms");

    let server = Server::start(|_, reply| {
        let head = b"HTTP/1.1 200 OK\r\nX: ".iter().copied().chain(std::iter::repeat(b'x'));
        reply.trickle(head, Duration::from_millis(20))
    });
    let source = http(server.url("/app")).response_timeout(2 * SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "no response within 400ms");
}

#[test]
fn the_body() {
    for half in [&b""[..], b"half"] {
        let server = Server::start(move |_, reply| {
            reply.head(200, &[], Some(1000));
            reply.send(half);
            reply.hang()
        });
        let source = http(server.url("/app")).stall_timeout(SHORT);
        ends(source, in_the_body, ErrorKind::Stalled, "no byte moved for 200ms");
        let source = http(server.url("/app.gz")).stall_timeout(SHORT);
        ends(source, in_the_body, ErrorKind::Stalled, "no byte moved for 200ms");
        let source = http(server.url("/app")).total_timeout(2 * SHORT);
        ends(source, in_the_body, ErrorKind::TimedOut, "not complete within 400ms");
    }
}

#[test]
fn a_trickle_may_take_longer_than_a_stall() {
    let stall = Duration::from_secs(1);
    let server = Server::start(|_, reply| {
        reply.head(200, &[], Some(30));
        reply.trickle([7; 30], Duration::from_millis(50))
    });
    let started = Instant::now();
    let bytes = fetch(&mut http(server.url("/app")).stall_timeout(stall)).unwrap().unwrap();
    assert_eq!(bytes, [7; 30]);
    assert!(started.elapsed() > stall, "the server was too fast for this test");
}

#[test]
fn a_trickle_without_end_meets_the_total() {
    let server = Server::start(|_, reply| {
        reply.head(200, &[], Some(1 << 30));
        reply.trickle(std::iter::repeat(7), Duration::from_millis(20))
    });
    let source = http(server.url("/app")).total_timeout(2 * SHORT);
    ends(source, in_the_body, ErrorKind::TimedOut, "not complete within 400ms");
}

#[test]
fn redirects_share_the_total() {
    let server = Server::start(|request, reply| {
        reply.trickle([], SHORT / 4);
        let n: u32 = request.path[1..].parse().unwrap();
        // The pause: neither side closes the connection during it.
        let pause = Duration::from_millis(30);
        reply.trickle(*b"H", pause);
        let next = format!("/{}", n + 1);
        reply.send(
            format!("TTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {next}\r\n\r\n")
                .as_bytes(),
        );
        Then::Keep
    });
    let source = http(server.url("/1")).max_redirects(1_000_000).total_timeout(2 * SHORT);
    ends(source, before_the_body, ErrorKind::TimedOut, "not complete within 400ms");
}
