//! Tests that a transfer returns all bytes of an asset unchanged, or an error.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use selfup_fetch::{Error, ErrorKind, Fetch, Outcome};

use crate::{api::Api, fetch, gzip, install, name, poll, source, storage::Habit};

const APP: &[u8] = b"the bytes of an executable";

#[test]
fn another_digest_than_that_of_the_api_is_no_end() {
    let wrong = format!("sha256:{}", "0".repeat(64));
    for (end, bytes) in [("", APP.to_vec()), (".gz", gzip(APP))] {
        let api = Api::start();
        api.release("v1.0.0", &[(&name(end), &bytes)]);
        let mut source = source(&api);
        assert!(fetch(&mut source).unwrap().is_some());
        api.edit("v1.0.0", |release| release.assets[0].digest = Some(wrong.clone()));
        let error = fetch(&mut source).unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Corrupt, true), "{end}");
        assert!(error.to_string().contains(&wrong), "{error}");
        assert!(error.to_string().contains(&name(end)), "{error}");
    }
}

#[test]
fn a_digest_of_a_kind_that_is_not_known_does_no_harm() {
    let api = Api::with("v1.0.0", APP);
    api.edit("v1.0.0", |release| release.assets[0].digest = Some("sha3-256:00".to_owned()));
    assert!(install(&mut source(&api)).is_some());
}

#[test]
fn without_a_digest_the_checksums_of_the_release_count() {
    let sum = "04bb0aeea9d3ee3b2d53c13fbd4ae5b5d4d3a42be3f8c6e6b3f9aea0c5b2bfb1";
    let right = api_digest();
    for (file, right_text) in [
        (name(".sha256"), format!("{right}  {}\n", name(""))),
        (name(".sha256"), format!("{right}\n")),
        ("SHA256SUMS".to_owned(), format!("{sum}  other\n{right} *{}\n", name(""))),
        ("app_1.0.0_checksums.txt".to_owned(), format!("SHA256 ({}) = {right}\n", name(""))),
    ] {
        let api = Api::with("v1.0.0", APP);
        api.edit("v1.0.0", |release| release.assets[0].digest = None);
        api.upload("v1.0.0", &file, right_text.as_bytes());
        assert!(install(&mut source(&api)).is_some(), "{file}");
        assert_eq!(api.asked().len(), 3, "the list, the checksums, the asset");

        api.upload("v1.0.0", &file, right_text.replace(&right, sum).as_bytes());
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{file}: {error}");
    }
}

/// What the API says of `APP`.
fn api_digest() -> String {
    let api = Api::with("v1.0.0", APP);
    let digest = api.change(|world| world.releases[0].assets[0].digest.clone());
    digest.unwrap().strip_prefix("sha256:").unwrap().to_owned()
}

#[test]
fn checksums_are_left_alone_where_the_api_has_a_digest() {
    let api = Api::with("v1.0.0", APP);
    api.upload("v1.0.0", &name(".sha256"), b"nonsense");
    assert!(install(&mut source(&api)).is_some());
    api.edit("v1.0.0", |release| release.assets[0].digest = None);
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("no checksum"), "{error}");
    // A list that does not name it says nothing about it.
    api.change(|world| world.releases[0].assets.pop());
    api.upload("v1.0.0", "SHA256SUMS", b"nonsense");
    assert!(install(&mut source(&api)).is_some());
}

#[test]
fn what_ends_early_is_truncated() {
    for (end, bytes) in [("", APP.to_vec()), (".gz", gzip(APP))] {
        for habit in [Habit::CutWithoutRanges(7), Habit::CutWithoutRanges(0)] {
            let api = Api::start();
            api.release("v1.0.0", &[(&name(end), &bytes)]);
            api.storage.habit(habit.clone());
            let mut source = source(&api);
            let mut artifact = poll(&mut source).unwrap().unwrap();
            let mut read = Vec::new();
            let error = Error::from(artifact.reader.read_to_end(&mut read).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Truncated, "{habit:?}: {error}");
            assert!(error.is_transient());
            assert!(error.to_string().contains(&name(end)), "{error}");
            // It does not look like an end afterwards.
            artifact.reader.read_to_end(&mut read).unwrap_err();
            source.report(Outcome::Failed);
            api.storage.habit(Habit::Whole);
            assert!(install(&mut source).is_some(), "another time it comes");
        }
    }
}

#[test]
fn a_reset_is_no_end_either() {
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::Reset(0));
    // It may be noticed before the head of the response is read, or after.
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Truncated, true), "{error}");
}

#[test]
fn another_length_than_that_of_the_api_is_an_error() {
    let api = Api::with("v1.0.0", APP);
    api.edit("v1.0.0", |release| release.assets[0].size += 1);
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Changed, true), "{error}");
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::More);
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed, "{error}");
}

#[test]
fn an_unrequested_coding_is_refused() {
    let api = Api::with("v1.0.0", APP);
    api.storage.habit(Habit::Coded);
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("gzip"), "{error}");
}

#[test]
fn what_stands_still_is_given_up() {
    let api = Api::with("v1.0.0", APP);
    for at in [0, 7] {
        api.storage.habit(Habit::Hang(at));
        let mut source = source(&api).stall_timeout(Duration::from_millis(200));
        let error = fetch(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stalled, "{error}");
        assert!(error.to_string().contains("no byte moved for 200ms"), "{error}");
    }
    api.storage.habit(Habit::Silent);
    let short = Duration::from_millis(150);
    let error =
        fetch(&mut source(&api).connect_timeout(short).response_timeout(short)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[test]
fn what_trickles_is_given_up() {
    let api = Api::with("v1.0.0", &[b'x'; 10_000]);
    api.storage.habit(Habit::Trickle);
    let mut source = source(&api).total_timeout(Duration::from_millis(500));
    let error = fetch(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(error.to_string().contains("not complete within 500ms"), "{error}");
}

#[test]
fn what_is_read_too_slowly_is_given_up_although_it_is_there() {
    let total = Duration::from_millis(300);
    let api = Api::with("v1.0.0", APP);
    let mut source = source(&api).total_timeout(total);
    let mut artifact = poll(&mut source).unwrap().unwrap();
    let polled = Instant::now();
    while polled.elapsed() < total {
        std::thread::yield_now();
    }
    let error = Error::from(artifact.reader.read_to_end(&mut Vec::new()).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[test]
fn nothing_is_read_ahead() {
    const SIZE: usize = 32 << 20;
    let api = Api::with("v1.0.0", &vec![7; SIZE]);
    let mut source = source(&api);
    let mut artifact = poll(&mut source).unwrap().unwrap();
    artifact.reader.read_exact(&mut vec![0; 1 << 20]).unwrap();
    // What is not in the sockets is still with the server, as long as the client does not read.
    assert!(api.storage.sent() < SIZE / 2, "{} bytes", api.storage.sent());
    let rest = std::io::copy(&mut artifact.reader, &mut std::io::sink()).unwrap();
    assert_eq!(rest as usize, SIZE - (1 << 20));
}
