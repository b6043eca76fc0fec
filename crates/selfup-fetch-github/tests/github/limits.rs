//! Tests that limits of the API are reported, waited for, and not exceeded.

use std::time::{Duration, Instant};

use selfup_fetch::{Error, ErrorKind};

use crate::{api::Api, fetch, install, source};

fn assert_limited(error: &Error, least: u64, most: u64) {
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unavailable, true), "{error}");
    let wait = error.retry_after().unwrap_or_else(|| panic!("{error} names no time"));
    assert!(
        wait > Duration::from_secs(least) && wait <= Duration::from_secs(most),
        "{wait:?} is not between {least} and {most} s"
    );
}

#[test]
fn the_primary_limit_is_waited_out_without_asking() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| world.quota = Some((0, 1800)));
    let mut source = source(&api);
    for _ in 0..5 {
        let error = fetch(&mut source).unwrap_err();
        assert_limited(&error, 1700, 1802);
        for words in ["60 requests an hour", "used up until", "a token raises the limit"] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }
    assert_eq!(api.asked().len(), 1, "once, to find out");
}

#[test]
fn the_last_request_that_is_allowed_is_the_last_that_is_sent() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| world.quota = Some((1, 1800)));
    let mut source = source(&api);
    // The list was the last; the asset is for later.
    assert_limited(&fetch(&mut source).unwrap_err(), 1700, 1802);
    assert_eq!(api.asked(), ["?per_page=100&page=1"]);

    let api = Api::with("v1.0.0", b"app");
    api.change(|world| world.quota = Some((2, 1800)));
    let mut source = crate::source(&api);
    assert_eq!(install(&mut source).unwrap(), "app");
    assert_limited(&fetch(&mut source).unwrap_err(), 1700, 1802);
    assert_eq!(api.asked().len(), 2);
}

#[test]
fn after_the_reset_it_goes_on() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| world.quota = Some((0, 1)));
    let mut source = source(&api);
    assert_limited(&fetch(&mut source).unwrap_err(), 0, 2);
    api.change(|world| world.quota = Some((60, 3600)));
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match fetch(&mut source) {
            Ok(fetched) => break assert_eq!(fetched.unwrap(), "app"),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        std::thread::yield_now();
    }
    assert_eq!(api.asked().len(), 3, "no request went out in between");
}

#[test]
fn a_secondary_limit_is_waited_out() {
    let said = |status, header: Option<(&'static str, &str)>, message: &str| {
        let api = Api::start();
        let headers = header.map(|(name, value)| (name, value.to_owned())).into_iter().collect();
        api.change(|world| {
            world.response = Some((status, headers, format!("{{\"message\":\"{message}\"}}")));
        });
        let mut source = source(&api).token("secret");
        let error = fetch(&mut source).unwrap_err();
        fetch(&mut source).unwrap_err();
        (error, api.asked().len())
    };
    let (error, requests) = said(403, Some(("Retry-After", "120")), "");
    assert_limited(&error, 100, 121);
    assert_eq!(requests, 1);
    let (error, requests) = said(429, None, "");
    assert_limited(&error, 50, 61);
    assert_eq!(requests, 1);
    let (error, requests) = said(403, None, "You have exceeded a secondary rate limit.");
    assert_limited(&error, 50, 61);
    assert_eq!(requests, 1);
    // A refusal that is none of them does not keep it from asking.
    let (error, requests) = said(403, None, "Forbidden");
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(requests, 2);
}

#[test]
fn the_reset_is_by_the_clock_of_the_server() {
    let api = Api::start();
    let headers = vec![
        ("Date", "Mon, 05 Jan 2026 10:00:00 GMT".to_owned()),
        ("X-RateLimit-Remaining", "0".to_owned()),
        // 20 minutes later.
        ("X-RateLimit-Reset", "1767608400".to_owned()),
    ];
    api.change(|world| world.response = Some((403, headers, String::new())));
    let error = fetch(&mut source(&api).token("secret")).unwrap_err();
    assert_limited(&error, 1100, 1201);
    assert!(error.to_string().contains("Mon, 05 Jan 2026 10:20:00 GMT"), "{error}");
    assert!(!error.to_string().contains("a token raises"), "there is one: {error}");
}
