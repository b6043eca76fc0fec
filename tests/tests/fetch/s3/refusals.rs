//! Tests that each error names its remedy, and no secret.

use super::{moto, objects, poll, publisher::Publisher, responses};
use selfup::fetch::{Error, ErrorKind, Fetch, Outcome, S3};
use std::error::Error as _;
use std::time::Duration;

/// Checks that two polls fail in the same way.
#[track_caller]
fn fails(mut source: S3, kind: ErrorKind, is_transient: bool, words: &[&str]) -> Error {
    let error = poll(&mut source).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.is_transient(), is_transient, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "no {word:?} in {error}");
    }
    assert!(!error.to_string().contains('\n'), "{error}");
    let all = format!("{error} {error:?} {:?} {source:?}", error.source());
    assert!(!all.contains("SECRET") && !all.contains("wJalr"), "{all}");
    source.report(Outcome::Failed);
    error
}

/// Polls a server that always sends this response.
fn at(endpoint: &str) -> S3 {
    S3::new("releases", "app")
        .region("us-east-1")
        .endpoint(endpoint)
        .credentials("AKIDSECRET", "SECRET", Some("SECRETTOKEN".to_owned()))
        .proxy_from_env(false)
}

fn said(status: u16, headers: &str, code: &str, message: &str, more: &str) -> S3 {
    at(&responses::always(status, headers, &responses::error(code, message, more)))
}

#[test]
fn what_is_not_there() {
    objects::with("what_is_not_there", |publisher, _| {
        let place = "s3://releases/other (at http://127.0.0.1:";
        let source = publisher.source("other");
        fails(source, ErrorKind::NotFound, true, &["404 NoSuchKey", "check the key", place]);
    });
    moto::with("what_is_not_there_by_moto", |moto| {
        let source = moto.publisher.source("other");
        fails(source, ErrorKind::NotFound, true, &["404 NoSuchKey", "check the key"]);
        let source = elsewhere(&moto.publisher, "nowhere");
        let words = ["404 NoSuchBucket", "no such bucket", "check its name", "s3://nowhere/app"];
        fails(source, ErrorKind::NotFound, false, &words);
    });
}

fn elsewhere(publisher: &Publisher, bucket: &str) -> S3 {
    let (id, secret) = selfup_tests::source::ACCESS_KEY;
    S3::new(bucket, "app")
        .region("us-east-1")
        .endpoint(publisher.front())
        .credentials(id, secret, None)
        .proxy_from_env(false)
}

#[test]
fn keys_that_are_wrong() {
    objects::with("keys_that_are_wrong", |publisher, _| {
        publisher.put("app", b"one");
        let (id, secret) = selfup_tests::source::ACCESS_KEY;
        let as_whom =
            |id: &str, secret: &str| publisher.source("app").credentials(id, secret, None);
        fails(
            as_whom("AKIDOTHER", secret),
            ErrorKind::Denied,
            false,
            &["access key id is not known", "check the credentials"],
        );
        fails(
            as_whom(id, "SECRET"),
            ErrorKind::Denied,
            false,
            &["SignatureDoesNotMatch", "secret access key does not belong"],
        );
        let anonymous = publisher.source("app").anonymous();
        fails(anonymous, ErrorKind::Denied, false, &["AccessDenied", "credentials are needed"]);
    });
}

#[test]
fn a_session_that_is_over() {
    for (code, word) in [("ExpiredToken", "expired"), ("InvalidToken", "session token")] {
        fails(said(400, "", code, "No.", ""), ErrorKind::Denied, false, &[code, word]);
    }
}

#[test]
fn a_clock_that_is_wrong() {
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let message = "The difference between the request time and the current time is too large.";
    let source = said(403, date, "RequestTimeTooSkewed", message, "");
    let words =
        ["RequestTimeTooSkewed", "Sun, 06 Nov 1994 08:49:37 GMT", "this machine's says", "set"];
    fails(source, ErrorKind::Denied, false, &words);
}

#[test]
fn another_region() {
    let remedy = ["set region(\"eu-west-1\")", "the bucket is in eu-west-1"];
    let header = "x-amz-bucket-region: eu-west-1\r\n";
    let source = said(301, header, "PermanentRedirect", "Go there.", "");
    fails(source, ErrorKind::Configuration, false, &remedy);
    let more = "<Region>eu-west-1</Region>";
    let message = "The authorization header is malformed; the region 'us-east-1' is wrong";
    let source = said(400, "", "AuthorizationHeaderMalformed", message, more);
    fails(source, ErrorKind::Configuration, false, &remedy);
    let source = said(301, "", "PermanentRedirect", "Go there.", "");
    fails(source, ErrorKind::Configuration, false, &["another region", "set region()"]);
}

#[test]
fn a_server_that_asks_to_be_left_alone() {
    let source = said(503, "retry-after: 7\r\n", "SlowDown", "Please reduce your rate.", "");
    let error = fails(source, ErrorKind::Unavailable, true, &["503"]);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    let error = fails(said(503, "", "SlowDown", "Slow.", ""), ErrorKind::Unavailable, true, &[]);
    assert_eq!(error.retry_after(), None);
    fails(said(500, "", "InternalError", "Oh.", ""), ErrorKind::Unavailable, true, &["trouble"]);
}

#[test]
fn a_right_that_is_missing() {
    let message = "User: arn:aws:iam::1:user/x is not authorized to perform: s3:GetObject";
    let words = ["403 AccessDenied", message, "s3:GetObject", "s3:ListBucket", "no such key"];
    fails(said(403, "", "AccessDenied", message, ""), ErrorKind::Denied, false, &words);
    let source = said(403, "", "KMS.DisabledException", "It is disabled.", "");
    fails(source, ErrorKind::Denied, false, &["kms:Decrypt"]);
    let source = said(403, "", "InvalidObjectState", "It is in Glacier.", "");
    fails(source, ErrorKind::Denied, false, &["archived", "restore"]);
}

/// S3 repeats the request where the signature is wrong, its token included.
#[test]
fn what_the_server_repeats_is_not_shown() {
    let more = "<CanonicalRequest>x-amz-security-token:SECRETTOKEN</CanonicalRequest>";
    let source = said(403, "", "SignatureDoesNotMatch", "The signature differs.", more);
    fails(source, ErrorKind::Denied, false, &["secret access key"]);
}

#[test]
fn what_is_no_s3() {
    let source = at(&responses::always(400, "", "<html>what?</html>"));
    fails(source, ErrorKind::Protocol, false, &["speaks as s3 does"]);
}

#[test]
fn settings_that_cannot_work() {
    let current = selfup::fetch::RunningExecutable::new("/usr/bin/app", String::new);
    for (source, word) in [
        (S3::new("", "app"), "bucket"),
        (S3::new("a/b", "app"), "bucket"),
        (S3::new("releases", ""), "key"),
        (S3::new("releases", "folder/"), "key"),
        (S3::new("releases", "{libc}"), "{libc}"),
        (S3::from_url("https://releases/app"), "s3://bucket/key"),
        (at("minio:9000"), "endpoint"),
        (at("ftp://minio"), "endpoint"),
        (at("http://me:SECRET@minio"), "endpoint"),
        (at("http://minio:0"), "endpoint"),
        (S3::new("releases", "app").region("eu west"), "region"),
        (S3::new("releases", "app").profile(""), "profile"),
        (S3::new("releases", "app").connect_timeout(Duration::ZERO), "connect_timeout"),
        (S3::new("releases", "app").response_timeout(Duration::ZERO), "response_timeout"),
        (S3::new("releases", "app").stall_timeout(Duration::ZERO), "stall_timeout"),
        (S3::new("releases", "app").total_timeout(Duration::ZERO), "total_timeout"),
        (S3::new("releases", "app").trust("no certificate"), "no certificate"),
    ] {
        let mut source = source;
        for error in [source.init(&current).unwrap_err(), poll(&mut source).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(error.to_string().contains(word), "no {word} in {error}");
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }
}
