//! Tests which requests a poll makes, and when something is new.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};

use selfup_fetch::{Fetch, Outcome};
use selfup_fetch_http::Validators;

use crate::{
    fetch, http, poll,
    release::{EVENING, MORNING, NOON, origin, settled},
    server::{Server, Then},
};

#[test]
fn a_poll_is_a_head_until_a_validator_changes() {
    let tagged = |tag| vec![("ETag", tag)];
    let dated = |time| vec![("Last-Modified", time), ("Date", EVENING)];
    let both = |tag, time| [tagged(tag), dated(time)].concat();
    for (old, new) in [
        (tagged("\"1\""), tagged("\"2\"")),
        (tagged("W/\"1\""), tagged("W/\"2\"")),
        (dated(MORNING), dated(NOON)),
        // The publisher has restored the older file.
        (dated(NOON), dated(MORNING)),
        (both("\"1\"", NOON), both("\"1\"", MORNING)),
        (both("\"1\"", NOON), both("\"2\"", NOON)),
        (both("\"1\"", NOON), dated(NOON)),
    ] {
        let (server, release) = origin(200, &old, b"one");
        let mut source = http(server.url("/app"));
        assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"one");
        assert_eq!(server.methods(), ["GET"], "there was nothing to compare yet");
        for _ in 0..3 {
            assert_eq!(fetch(&mut source).unwrap(), None);
        }
        assert_eq!(server.methods(), ["HEAD"; 3]);

        release.publish(&new, b"two");
        let bytes = settled(&mut source, Outcome::Installed);
        assert_eq!(server.methods(), ["HEAD", "GET"], "{old:?} to {new:?}");
        if old[0] == new[0] && old[0].0 == "ETag" {
            assert_eq!(bytes, None, "the server says itself that the tag is the same");
            continue;
        }
        assert_eq!(bytes.unwrap(), b"two", "{old:?} to {new:?}");
        assert_eq!(fetch(&mut source).unwrap(), None);
        assert_eq!(server.methods(), ["HEAD"]);
    }
}

#[test]
fn a_change_of_length_alone_is_a_change() {
    let (server, release) = origin(200, &[("Last-Modified", NOON), ("Date", EVENING)], b"one");
    let mut source = http(server.url("/app"));
    settled(&mut source, Outcome::Installed).unwrap();
    release.publish(&[("Last-Modified", NOON), ("Date", EVENING)], b"three");
    assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"three");
}

#[test]
fn only_what_is_settled_is_remembered() {
    for outcome in [Outcome::Installed, Outcome::UpToDate, Outcome::Refused] {
        let (server, release) = origin(200, &[("ETag", "\"1\"")], b"one");
        let mut source = http(server.url("/app"));
        for _ in 0..2 {
            assert_eq!(settled(&mut source, Outcome::Failed).unwrap(), b"one");
        }
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one", "nobody settled it");
        source.report(outcome);
        assert_eq!(server.methods(), ["GET"; 4]);
        assert_eq!(fetch(&mut source).unwrap(), None, "{outcome:?}");

        release.publish(&[("ETag", "\"2\"")], b"two");
        assert_eq!(settled(&mut source, Outcome::Failed).unwrap(), b"two");
        assert_eq!(settled(&mut source, Outcome::Failed).unwrap(), b"two", "it had failed");
        // Back to what was settled: the failure has not replaced it.
        release.publish(&[("ETag", "\"1\"")], b"one");
        assert_eq!(fetch(&mut source).unwrap(), None);
        source.report(Outcome::Installed);
        assert_eq!(fetch(&mut source).unwrap(), None, "there was nothing to settle");
    }
}

#[test]
fn settling_after_a_failed_poll_settles_nothing() {
    let status = Arc::new(AtomicU16::new(200));
    let answered = status.clone();
    let server = Server::start(move |request, reply| {
        reply.answer(request, answered.load(Ordering::Relaxed), &[("ETag", "\"1\"")], b"one")
    });
    let mut source = http(server.url("/app"));
    drop(poll(&mut source).unwrap().unwrap());
    status.store(500, Ordering::Relaxed);
    poll(&mut source).unwrap_err();
    source.report(Outcome::Installed);
    status.store(200, Ordering::Relaxed);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
}

#[test]
fn what_is_remembered_is_what_was_fetched() {
    // What HEAD saw is replaced before GET comes, and again before it is settled.
    let tags = Arc::new(Mutex::new(vec!["\"4\"", "\"3\"", "\"2\"", "\"1\""]));
    let server = Server::start(move |request, reply| {
        let mut tags = tags.lock().unwrap();
        let tag = if tags.len() > 1 { tags.pop().unwrap() } else { tags[0] };
        let bytes = tag.as_bytes().to_vec();
        reply.answer(request, 200, &[("ETag", tag)], &bytes)
    });
    let mut source = http(server.url("/app"));
    assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"\"1\"");
    assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"\"3\"");
    assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"\"4\"");
    assert_eq!(settled(&mut source, Outcome::Installed), None);
}

#[test]
fn a_page_in_place_of_the_file_is_forgotten_with_it() {
    let captive = Arc::new(AtomicBool::new(true));
    let portal = captive.clone();
    let server = Server::start(move |request, reply| {
        if portal.load(Ordering::Relaxed) {
            let headers = [("Content-Type", "text/html"), ("ETag", "\"portal\"")];
            return reply.answer(request, 200, &headers, b"<html>log in</html>");
        }
        reply.answer(request, 200, &[("ETag", "\"1\"")], b"one")
    });
    let mut source = http(server.url("/app"));
    assert_eq!(settled(&mut source, Outcome::Refused).unwrap(), b"<html>log in</html>");
    assert_eq!(fetch(&mut source).unwrap(), None, "the same page is not fetched again");
    captive.store(false, Ordering::Relaxed);
    assert_eq!(settled(&mut source, Outcome::Installed).unwrap(), b"one");
}

#[test]
fn without_validators_every_poll_fetches() {
    let now = [("Last-Modified", NOON), ("Date", NOON)];
    for (headers, rules) in [
        (&[][..], Validators::all()),
        (&[("ETag", "\"1\"")], Validators::none()),
        (&[("ETag", "\"1\"")], Validators::all().etag(false)),
        // A time in its own second proves nothing.
        (&now, Validators::all()),
    ] {
        let (server, _) = origin(200, headers, b"one");
        let mut source = http(server.url("/app")).validators(rules);
        for _ in 0..3 {
            assert_eq!(settled(&mut source, Outcome::UpToDate).unwrap(), b"one");
        }
        assert_eq!(server.methods(), ["GET"; 3]);
    }
}

#[test]
fn validators_that_do_not_count_do_not_speak() {
    let (server, release) =
        origin(200, &[("ETag", "\"1\""), ("Last-Modified", NOON), ("Date", EVENING)], b"one");
    let mut source = http(server.url("/app")).validators(Validators::all().etag(false));
    settled(&mut source, Outcome::Installed).unwrap();
    release.publish(&[("ETag", "\"2\""), ("Last-Modified", NOON), ("Date", EVENING)], b"one");
    assert_eq!(fetch(&mut source).unwrap(), None);

    let mut source = http(server.url("/app")).validators(Validators::none().content_length(true));
    settled(&mut source, Outcome::Installed).unwrap();
    release.publish(&[("ETag", "\"3\"")], b"two");
    assert_eq!(fetch(&mut source).unwrap(), None);
    release.publish(&[("ETag", "\"3\"")], b"three");
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"three");
}

#[test]
fn a_connection_is_kept_between_short_polls_only() {
    for (seconds, connections) in [(1, 1), (3600, 3)] {
        let (server, _) = origin(200, &[("ETag", "\"1\"")], b"one");
        let mut source = http(server.url("/app")).interval(Duration::from_secs(seconds));
        assert_eq!(Fetch::interval(&source).unwrap().as_secs(), seconds);
        for _ in 0..3 {
            settled(&mut source, Outcome::Installed);
        }
        let last = server.requests().last().unwrap().connection;
        assert_eq!(last + 1, connections, "polls every {seconds} s");
    }
}

#[test]
fn a_kept_connection_that_was_closed_is_opened_again() {
    let server = Server::start(|request, reply| {
        if request.connection == 0 && request.method == "HEAD" {
            return Then::Close;
        }
        reply.answer(request, 200, &[("ETag", "\"1\"")], b"one")
    });
    let mut source = http(server.url("/app"));
    settled(&mut source, Outcome::Installed).unwrap();
    assert_eq!(fetch(&mut source).unwrap(), None);
    let connections: Vec<_> = server.requests().into_iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[test]
fn the_platform_and_the_client_are_named() {
    let (server, _) = origin(200, &[], b"one");
    fetch(&mut http(server.url("/app-{os}-{arch}"))).unwrap();
    let request = server.requests().remove(0);
    let path = format!("/app-{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    assert_eq!(request.path, path);
    assert!(request.header("user-agent").unwrap().starts_with("selfup-fetch-http/"));
    assert_eq!(request.header("accept-encoding"), Some("identity"));

    fetch(&mut http(server.url("/app")).user_agent("app/1.2")).unwrap();
    assert_eq!(server.requests()[0].header("user-agent"), Some("app/1.2"));
}
