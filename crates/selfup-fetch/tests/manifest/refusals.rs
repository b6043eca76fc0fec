//! Tests that a deviation from the specification is refused in one line that names its place.

use selfup_fetch::{
    ErrorKind,
    manifest::{MAX_BYTES, Manifest},
};

use crate::{parse, with, with_target, with_targets};

/// Asserts that the error begins with this, behind what all of them begin with.
#[track_caller]
fn refused(text: &str, reason: &str) {
    let error = parse(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.is_transient());
    let line = error.to_string();
    assert!(!line.contains('\n') && line.len() < 400, "{line}");
    let found = line.strip_prefix("could not fetch: the manifest").unwrap();
    assert!(found.starts_with(reason), "{text}\n is refused: {found}");
}

#[test]
fn what_is_no_json() {
    for (text, reason) in [
        ("", " is empty"),
        ("  \n", " is empty"),
        ("<!doctype html>", " is no JSON but a page for people; check the URL"),
        ("{", " is no sound JSON (EOF while parsing"),
        ("{}{}", " is no sound JSON (trailing characters"),
        ("{'format': 1}", " is no sound JSON ("),
        ("[]", " must be an object, and is a list"),
        ("1", " must be an object, and is a number"),
    ] {
        refused(text, reason);
    }
    Manifest::parse(b"{\"format\": 1, \"version\": \"\xff\"}").unwrap_err();
}

#[test]
fn what_concerns_all_platforms() {
    let number = "must be a whole number from 0 to 9007199254740991";
    for (text, reason) in [
        ("{}", " has no field \"format\"".to_owned()),
        (r#"{"format": 1}"#, " has no field \"version\"".into()),
        (r#"{"format": 1, "version": "1"}"#, " has no field \"targets\"".into()),
        (r#"{"format": 1, "format": 1}"#, " has the field \"format\" twice".into()),
        (r#"{"format": "1"}"#, format!("'s /format {number}, and is a text")),
        (r#"{"format": 1, "version": 2}"#, "'s /version must be a text, and is a number".into()),
        (r#"{"format": 1, "version": ""}"#, "'s /version must have 1 to 128 bytes, not 0".into()),
        (r#"{"format": 1, "version": "1\u0000"}"#, "'s /version must be one line".into()),
        (r#"{"format": 1, "version": "\ud800"}"#, "'s /version must be a sound text".into()),
        (r#"{"format": 1, "requires": "x"}"#, "'s /requires must be a list, and is a text".into()),
        (r#"{"format": 1, "requires": [1]}"#, "'s /requires/0 must be a text, and".into()),
        (r#"{"format": 1, "requires": ["a\nb"]}"#, "'s /requires/0 must be one line".into()),
    ] {
        refused(text, &reason);
    }
    let time = "'s /published must be a time in UTC like 2026-01-05T10:00:00Z";
    for (fields, reason) in [
        (r#", "x": 1, "x": 2"#, " has the field \"x\" twice"),
        (r#", "\u0078": 1, "x": 2"#, " has the field \"x\" twice"),
        (r#", "published": "yesterday""#, time),
        (r#", "published": "2026-01-05""#, time),
        (r#", "published": "2026-01-05T10:00:00""#, time),
        (r#", "published": "2026-01-05T10:00:00+01:00""#, time),
        (r#", "published": "2026-01-05T10:00:00+00:00""#, time),
        (r#", "published": "2026-01-05 10:00:00Z""#, time),
        (r#", "published": "2026-02-30T10:00:00Z""#, time),
        (r#", "published": 1767607200"#, "'s /published must be a text, and is a number"),
        (r#", "published": null"#, "'s /published must be a text or left out, and is null"),
        (
            r#", "minimum_version": "one""#,
            "'s /minimum_version must be a version of the form 1.2.3",
        ),
        (r#", "minimum_version": {}"#, "'s /minimum_version must be a text, and is an object"),
    ] {
        refused(&with(fields), reason);
    }
}

#[test]
fn what_concerns_one_platform() {
    for (name, reason) in [
        ("", "'s /targets/ must be named like a platform: 1 to 100 letters"),
        ("a b", "'s /targets/a b must be named like a platform"),
        ("a\\n/~", "'s /targets/a\\n~1~0 must be named like a platform"),
        ("é", "'s /targets/é must be named like a platform"),
        (&"a".repeat(100_000), "'s /targets/aaaaaaaaaaa"),
    ] {
        refused(&with_target(name, "{}"), reason);
    }
    refused(&with_targets(&[]), "'s /targets must have 1 to 1000 platforms, not 0");
    let twice = [r#""a": {"url": "a"}"#, r#""a": {"url": "b"}"#].map(str::to_owned);
    refused(&with_targets(&twice), "'s /targets has the field \"a\" twice");

    let long = format!(r#"{{"url": "{}"}}"#, "a".repeat(5000));
    for (entry, reason) in [
        ("[]", " must be an object, and is a list"),
        ("{}", " has no field \"url\""),
        (r#"{"url": true}"#, "/url must be a text, and is a truth value"),
        (r#"{"url": ""}"#, "/url must have 1 to 4096 bytes, not 0"),
        (r#"{"url": "a\u000ab"}"#, "/url must be one line"),
        (long.as_str(), "/url must have 1 to 4096 bytes, not 5000"),
    ] {
        refused(&with_target("linux", entry), &format!("'s /targets/linux{reason}"));
    }
    let number = "/size must be a whole number from 0 to 9007199254740991";
    for (field, reason) in [
        (r#""version": 1"#, "/version must be a text"),
        (r#""size": -1"#, number),
        (r#""size": 1.0"#, number),
        (r#""size": 9007199254740992"#, number),
        (r#""size": "1""#, number),
        (r#""digests": "sha256:00""#, "/digests must be a list, and is a text"),
        (r#""digests": ["sha256:00"]"#, "/digests/0 must be a digest like sha256:9f86d0…"),
        (r#""digests": ["md5:00"]"#, "/digests/0 must be a digest"),
        (r#""digests": [1,1,1,1,1,1,1,1,1]"#, "/digests must have at most 8 elements, not 9"),
        (r#""executable": "app""#, "/executable must be an object, and is a text"),
        (r#""executable": {"a": 1, "a": 1}"#, "/executable has the field \"a\" twice"),
        (r#""executable": {"name": "../app"}"#, "/executable/name must be the name of a file"),
        (r#""executable": {"name": ".."}"#, "/executable/name must be the name of a file"),
        (r#""signature": "a", "signature_url": "b""#, " must have one of signature and"),
    ] {
        let entry = format!(r#"{{"url": "a", {field}}}"#);
        refused(&with_target("linux", &entry), &format!("'s /targets/linux{reason}"));
    }
}

#[test]
fn what_is_too_much() {
    let text = with("");
    let padded = |bytes: usize| text.clone() + &" ".repeat(bytes - text.len());
    parse(&padded(MAX_BYTES)).unwrap();
    let error = parse(&padded(MAX_BYTES + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);

    let targets = |count: usize| -> Vec<String> {
        (0..count).map(|n| format!(r#""t{n}": {{"url": "a"}}"#)).collect()
    };
    parse(&with_targets(&targets(1000))).unwrap();
    refused(&with_targets(&targets(1001)), "'s /targets must have 1 to 1000 platforms, not 1001");

    let version = |bytes: usize| with("").replace("2.1.0", &"1".repeat(bytes));
    parse(&version(128)).unwrap();
    refused(&version(129), "'s /version must have 1 to 128 bytes, not 129");

    // Deep enough to overflow the stack of a parser that descends into what is ignored.
    let deep = format!(", \"x\": {}{}", "[".repeat(200_000), "]".repeat(200_000));
    parse(&with(&deep)).unwrap();
}
