//! How long a connection waits, and when it reads as ended.

use std::os::unix::net::UnixStream;

use super::*;
use crate::{ready::Accepting, serving::counter::Counter};

fn connected(grace: Duration) -> (Connection, UnixStream, GracefulShutdown) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let drain = GracefulShutdown::new();
    let counted = (Counter::default().count(), Accepting::of_nothing().connection());
    (Connection::new(Stream::Unix(ours), drain.clone(), grace, counted), theirs, drain)
}

#[test]
fn an_idle_connection_ends_after_the_grace_and_not_before_the_drain() {
    let (mut connection, _client, drain) = connected(Duration::from_millis(20));
    drain.request();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn what_comes_within_the_grace_is_read() {
    let (mut connection, mut client, drain) = connected(Duration::from_secs(60));
    drain.request();
    client.write_all(b"late").unwrap();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
}

#[test]
fn a_request_that_began_is_not_cut() {
    let (mut connection, mut client, drain) = connected(Duration::ZERO);
    client.write_all(b"half").unwrap();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
    drain.request();
    let rest =
        std::thread::spawn(move || connection.read(&mut [0; 8]).map(|len| (len, connection)));
    client.write_all(b"rest").unwrap();
    let (len, mut connection) = rest.join().unwrap().unwrap();
    assert_eq!(len, 4);
    connection.write_all(b"answer").unwrap();
    connection.idle();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 0, "answered, so idle again");
}

#[test]
fn what_is_answered_after_the_grace_has_a_grace_of_its_own() {
    let grace = Duration::from_secs(1);
    let (mut connection, mut client, drain) = connected(grace);
    client.write_all(b"first").unwrap();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 5);
    drain.request();
    let hears_nothing_for = |mut client: &UnixStream, time| {
        client.set_read_timeout(Some(time)).unwrap();
        let heard = client.read(&mut [0; 8]).map_err(|error| error.kind());
        assert_eq!(heard, Err(io::ErrorKind::WouldBlock));
    };
    hears_nothing_for(&client, 2 * grace);
    connection.write_all(b"answer").unwrap();
    connection.idle();
    client.read_exact(&mut [0; 6]).unwrap();
    let next =
        std::thread::spawn(move || connection.read(&mut [0; 8]).map(|len| (len, connection)));
    hears_nothing_for(&client, grace / 2);
    client.write_all(b"second").unwrap();
    assert_eq!(next.join().unwrap().unwrap().0, 6);
}

#[test]
fn the_drain_wakes_a_reader_that_waits() {
    let (mut connection, _client, drain) = connected(Duration::ZERO);
    let reader = std::thread::spawn(move || connection.read(&mut [0; 8]));
    drain.request();
    assert_eq!(reader.join().unwrap().unwrap(), 0);
}

#[test]
fn the_read_timeout_of_the_program_holds() {
    let (mut connection, _client, drain) = connected(Duration::from_secs(60));
    let Stream::Unix(stream) = connection.stream() else { panic!("a Unix stream") };
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let timed_out = within(move || {
        let before = connection.read(&mut [0; 8]).unwrap_err().kind();
        drain.request();
        (before, connection.read(&mut [0; 8]).unwrap_err().kind())
    });
    assert_eq!(timed_out, (io::ErrorKind::WouldBlock, io::ErrorKind::WouldBlock));
}

#[test]
fn a_connection_that_does_not_block_does_not_wait() {
    let (mut connection, mut client, drain) = connected(Duration::ZERO);
    connection.stream.set_nonblocking(true).unwrap();
    let (connection, before) = within(move || {
        let before = connection.read(&mut [0; 8]).unwrap_err().kind();
        (connection, before)
    });
    assert_eq!(before, io::ErrorKind::WouldBlock);
    client.write_all(b"half").unwrap();
    let mut connection = connection;
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
    drain.request();
    let under_way = within(move || connection.read(&mut [0; 8]).unwrap_err().kind());
    assert_eq!(under_way, io::ErrorKind::WouldBlock, "a request is under way");
}

#[test]
fn an_answer_in_the_middle_of_a_request_does_not_make_it_idle() {
    let (mut connection, mut client, drain) = connected(Duration::ZERO);
    client.write_all(b"head").unwrap();
    assert_eq!(connection.read(&mut [0; 8]).unwrap(), 4);
    connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    drain.request();
    let (done, is_done) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || done.send(connection.read(&mut [0; 8]).unwrap()));
    let cut = is_done.recv_timeout(Duration::from_millis(50));
    assert!(cut.is_err(), "it is not cut while its body is late, but read {cut:?}");
    client.write_all(b"body").unwrap();
    assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(4));
    reader.join().unwrap().unwrap();
}

#[test]
fn the_counter_waits_no_longer_than_it_may() {
    let counter = Counter::default();
    let _open = counter.count();
    counter.wait_until_none(Duration::from_millis(1));
}

#[test]
fn the_counter_waits_for_the_last_connection() {
    let counter = Counter::default();
    let one = counter.count();
    let waiting = std::thread::spawn({
        let counter = counter.clone();
        move || counter.wait_until_none(Duration::MAX)
    });
    drop(one);
    waiting.join().unwrap();
}

/// What `work` gives, unless it hangs.
fn within<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    is_done.recv_timeout(Duration::from_secs(20)).expect("it returns")
}
