//! Tests HTTP/2, frame by frame, with clients that do not respond.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use selfup_tests::sandbox::{PATIENCE, Sandbox, children_of, wait_until};

use super::streams::streams;

const GRACE: Duration = Duration::from_secs(2);
/// Longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(3600);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// A client that does not acknowledge pings.
struct Client(TcpStream);

impl Client {
    fn connect(server: SocketAddr) -> Self {
        let mut connection = TcpStream::connect(server).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let client = Self(connection);
        client.send(SETTINGS, 0, 0, &[]);
        client
    }

    fn send(&self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&len[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        (&self.0).write_all(&[&head, payload].concat()).unwrap();
    }

    fn ask(&self, stream: u32, path: &str) {
        // GET http://test/path, the last two as literals without an index.
        let (authority, path) = (b"\x01\x04test".as_slice(), path.as_bytes());
        let head = [&[0x82, 0x86], authority, &[0x04, u8::try_from(path.len()).unwrap()], path];
        self.send(HEADERS, END_STREAM | 4, stream, &head.concat());
    }

    /// `None` at the end.
    fn next(&self) -> Option<Frame> {
        let mut head = [0; 9];
        let mut connection = &self.0;
        match connection.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return None,
            Err(error) => panic!("{error}"),
        }
        let [high, middle, low, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
        connection.read_exact(&mut payload).unwrap();
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    fn next_of(&self, kind: u8) -> Frame {
        loop {
            let frame = self.next().expect("it is still open");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// The last stream that the server takes.
    fn next_goaway(&self) -> u32 {
        let frame = self.next_of(GOAWAY);
        u32::from_be_bytes(frame.payload[..4].try_into().unwrap())
    }

    fn read_response(&self, stream: u32) {
        loop {
            let frame = self.next_of(DATA);
            if frame.stream == stream && frame.flags & END_STREAM != 0 {
                return;
            }
        }
    }
}

const ALL: u32 = (1 << 31) - 1;

#[test]
fn an_idle_client_that_does_not_acknowledge_pings_is_closed_after_the_grace() {
    for server in ["hyper", "axum"] {
        let sandbox = Sandbox::new(&format!("http2-idle-{server}"));
        let (process, address) = streams(&sandbox, server, (GRACE, FOR_EVER));
        // One client has sent a request, one has not, and one has stopped within a frame.
        let (asked, silent, half) =
            (Client::connect(address), Client::connect(address), Client::connect(address));
        for client in [&asked, &half] {
            client.ask(1, "/");
            client.read_response(1);
        }
        silent.next_of(SETTINGS);
        (&half.0).write_all(&[0, 0, 8, PING]).unwrap();
        process.signal(libc::SIGUSR2);
        for client in [&asked, &silent] {
            assert_eq!(client.next_goaway(), ALL, "{server}");
            client.next_of(PING);
        }
        // The client may still send a request, since it may not have read the first GOAWAY.
        asked.ask(3, "/");
        asked.read_response(3);
        assert_eq!((asked.next_goaway(), silent.next_goaway()), (3, 0), "{server}");
        assert!(asked.next().is_none() && silent.next().is_none(), "{server}");
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
        drop(half);
        process.signal(libc::SIGTERM);
        assert_eq!(process.wait(PATIENCE).code(), Some(7));
        sandbox.finish();
    }
}

#[test]
fn a_client_that_does_not_acknowledge_pings_gets_its_open_streams_served_and_no_new_one() {
    for server in ["hyper", "axum"] {
        let sandbox = Sandbox::new(&format!("http2-open-{server}"));
        let (process, address) = streams(&sandbox, server, (GRACE, FOR_EVER));
        let client = Client::connect(address);
        client.ask(1, "/late");
        client.next_of(DATA);
        process.signal(libc::SIGUSR2);
        assert_eq!(client.next_goaway(), ALL, "{server}");
        assert_eq!(client.next_goaway(), 1, "{server}");
        client.ask(3, "/");
        client.read_response(1);
        while let Some(frame) = client.next() {
            assert_ne!(frame.stream, 3, "{server}");
        }
        wait_until("one child", PATIENCE, || children_of(process.pid()).len() == 1);
        process.signal(libc::SIGTERM);
        assert_eq!(process.wait(PATIENCE).code(), Some(7));
        sandbox.finish();
    }
}
