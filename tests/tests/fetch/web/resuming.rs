//! Tests downloads that break in the middle, of which nginx serves the rest.

use super::site::{Site, fetch, install, poll, program, read};
use selfup_fetch::{Error, ErrorKind, Fetch, Outcome};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// More bytes than the buffers on the way hold.
const LARGE: usize = 12 << 20;

#[test]
fn the_rest_comes_wherever_it_broke() {
    for (name, server) in [("tags", ""), ("times", "etag off;")] {
        let Some(mut site) = Site::start(name, server) else { return };
        let app = program(300_000);
        site.publish("app", &app);
        let head = head_length(&site);
        let whole = head + app.len() as u64;
        // After the head, after the first byte, in the middle, before the last; and the rest, in
        // its head, or before, as well.
        for breaks in [
            &[head][..],
            &[head + 1],
            &[whole / 2, whole / 3],
            &[whole - 1],
            &[head + 1000, 0, 10, head + 1000],
        ] {
            site.passage.break_after(breaks);
            let bytes = fetch(&mut site.http("/app")).unwrap().unwrap();
            assert!(bytes == app, "{name}: {breaks:?}");
            let asked = site.asked(2);
            assert!(asked.iter().skip(1).any(|line| line.contains("GET /app 206")), "{asked:?}");
        }
        site.finish();
    }
}

/// The length of the head of the response.
fn head_length(site: &Site) -> u64 {
    let mut stream = TcpStream::connect(site.passage.address()).unwrap();
    stream.write_all(b"GET /app HTTP/1.1\r\nHost: site\r\n\r\n").unwrap();
    let lines = BufReader::new(stream).split(b'\n').map(Result::unwrap);
    let head = lines.take_while(|line| line != b"\r").map(|line| line.len() as u64 + 1);
    let length = head.sum::<u64>() + 2;
    site.asked(1);
    length
}

#[test]
fn a_server_that_restarts_is_waited_for() {
    let Some(mut site) = Site::start("restart", "") else { return };
    let app = program(LARGE);
    site.publish("app", &app);
    let mut source = site.http("/app");
    let artifact = poll(&mut source).unwrap().unwrap();
    let mut reader = artifact.reader;
    let mut start = vec![0; 1000];
    reader.read_exact(&mut start).unwrap();
    site.nginx.kill();
    let mut nginx = site.nginx;
    let sandbox = &site.sandbox;
    let rest = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).map(|_| rest)
        });
        nginx.start_again(sandbox);
        reading.join().unwrap()
    });
    assert!([start, rest.unwrap()].concat() == app);
    site.nginx = nginx;
    site.finish();
}

#[test]
fn what_was_replaced_meanwhile_is_not_put_together() {
    for (name, server) in [("replaced", ""), ("replaced-times", "etag off;")] {
        let Some(mut site) = Site::start(name, server) else { return };
        let mut new = program(LARGE);
        new.reverse();
        site.publish("app", &program(LARGE));
        site.passage.break_after(&[LARGE as u64 / 2]);
        let mut source = site.http("/app");
        let artifact = poll(&mut source).unwrap().unwrap();
        site.publish("app", &new);
        let error = read(artifact).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
        assert!(error.is_transient());
        source.report(Outcome::Failed);
        assert!(install(&mut source).unwrap() == new);
        site.finish();
    }
}

#[test]
fn a_server_without_ranges_is_not_asked_for_them() {
    let Some(mut site) = Site::start("ranges", "max_ranges 0;") else { return };
    site.publish("app", &program(300_000));
    site.passage.break_after(&[1000]);
    let mut source = site.http("/app");
    let mut reader = poll(&mut source).unwrap().unwrap().reader;
    let error = Error::from(reader.read_to_end(&mut Vec::new()).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
    site.finish();
}
