//! Tests the contents of a manifest, and the errors for a malformed one.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod any;
mod refusals;

use std::time::{Duration, SystemTime};

use selfup_fetch::{
    Artifact, Error, ErrorKind, Platform, RunningExecutable,
    manifest::{Entry, Manifest, Signature},
};

const SHA256: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SHA1: &str = "sha1:a94a8fe5ccb19ba61c4c0873d391e987982fbbd3";

fn platform(os: &str, arch: &str, target: &str) -> Platform {
    let mut platform = Platform::current();
    (platform.os, platform.arch, platform.target) = (os.into(), arch.into(), target.into());
    platform
}

fn linux() -> Platform {
    platform("linux", "x86_64", "x86_64-unknown-linux-gnu")
}

fn parse(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(text.as_bytes())
}

/// A manifest with these fields and the mandatory ones.
fn with(fields: &str) -> String {
    format!(
        r#"{{"format": 1, "version": "2.1.0", "targets": {{"linux": {{"url": "a"}}}}{fields}}}"#
    )
}

/// A manifest with these targets.
fn with_targets(targets: &[String]) -> String {
    let targets = targets.join(", ");
    format!(r#"{{"format": 1, "version": "2.1.0", "targets": {{{targets}}}}}"#)
}

fn with_target(name: &str, entry: &str) -> String {
    with_targets(&[format!(r#""{name}": {entry}"#)])
}

fn entry(text: &str) -> Entry {
    let manifest = parse(&with_target("linux", text)).unwrap();
    manifest.for_target(&linux()).unwrap().clone()
}

#[test]
fn everything_in_it_is_read() {
    let manifest = parse(&format!(
        r#"{{
            "format": 1,
            "requires": [],
            "version": "2.1.0",
            "published": "2026-01-05T10:00:00Z",
            "minimum_version": "v1.8.0",
            "rollout": {{ "percent": "whatever" }},
            "targets": {{
                "x86_64-unknown-linux-gnu": {{
                    "url": "https://host/app.gz?a=b",
                    "size": 5,
                    "digests": ["{SHA256}"],
                    "executable": {{ "name": "app", "size": 9, "digests": ["{SHA1}", "{SHA256}"] }},
                    "signature": "untrusted comment: x\nRW\n",
                    "requires": [],
                    "deltas": null
                }},
                "macos": {{ "url": "b", "version": "2.0.9", "signature_url": "b.sig" }}
            }}
        }}"#
    ))
    .unwrap();
    assert_eq!(manifest.version(), "2.1.0");
    let seconds = Duration::from_secs(1_767_607_200);
    assert_eq!(manifest.published(), Some(SystemTime::UNIX_EPOCH + seconds));
    assert_eq!(manifest.minimum_version().unwrap(), "1.8.0");
    assert_eq!(manifest.targets().collect::<Vec<_>>(), ["macos", "x86_64-unknown-linux-gnu"]);

    let entry = manifest.for_target(&linux()).unwrap();
    assert_eq!((entry.version(), entry.url()), ("2.1.0", "https://host/app.gz?a=b"));
    assert_eq!((entry.size(), entry.executable().size()), (Some(5), Some(9)));
    assert_eq!(entry.digests(), [SHA256.parse().unwrap()]);
    assert_eq!(entry.executable().digests(), [SHA1.parse().unwrap(), SHA256.parse().unwrap()]);
    assert_eq!(entry.executable().name(), Some("app"));
    let signature = Signature::Text("untrusted comment: x\nRW\n".into());
    assert_eq!(entry.signature(), Some(&signature));

    let entry = manifest.for_target(&platform("macos", "aarch64", "aarch64-apple-darwin")).unwrap();
    assert_eq!((entry.version(), entry.url()), ("2.0.9", "b"));
    assert_eq!(entry.signature(), Some(&Signature::Url("b.sig".into())));
    assert_eq!((entry.size(), entry.executable().name()), (None, None));
}

#[test]
fn names_of_platforms_are_whole_words_the_fullest_first() {
    let all = [
        r#""armv7-unknown-linux-gnueabihf": {"url": "triple"}"#,
        r#""linux-arm": {"url": "both"}"#,
        r#""linux": {"url": "system"}"#,
        r#""linux-armv7": {"url": "another"}"#,
        r#""arm": {"url": "architecture"}"#,
    ]
    .map(str::to_owned);
    let arm = platform("linux", "arm", "armv7-unknown-linux-gnueabihf");
    for (first, found) in ["triple", "both", "system"].into_iter().enumerate() {
        let manifest = parse(&with_targets(&all[first..])).unwrap();
        assert_eq!(manifest.for_target(&arm).unwrap().url(), found);
    }

    for other in ["linux-armv7", "arm", "Linux", "linux-ARM", "linux-arm64", "any"] {
        let manifest = parse(&with_target(other, r#"{"url": "a"}"#)).unwrap();
        let error = manifest.for_target(&arm).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoneForPlatform, "{other}");
        assert!(error.is_transient());
        let words = format!(
            "could not fetch: the manifest of version 2.1.0 has nothing for \
             armv7-unknown-linux-gnueabihf, linux-arm or linux; it has {other}"
        );
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn not_all_of_many_platforms_are_named() {
    let targets: Vec<String> = (10..25).map(|n| format!(r#""t{n}": {{"url": "a"}}"#)).collect();
    let manifest = parse(&with_targets(&targets)).unwrap();
    let error = manifest.for_target(&linux()).unwrap_err().to_string();
    assert!(error.contains("it has t10, t11, t12,"), "{error}");
    assert!(error.ends_with(", t20, t21 and 3 more"), "{error}");
}

#[test]
fn what_must_be_understood_is_refused() {
    // Whatever else is in it, since another format may mean something else by it.
    for text in [
        r#"{"format": 2}"#,
        r#"{"format": 0, "version": [], "targets": 1}"#,
        r#"{"format": 1, "requires": ["rollout"], "version": []}"#,
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(!error.is_transient());
    }
    let error = parse(&with(r#", "requires": ["rollout"]"#)).unwrap_err();
    assert!(error.to_string().contains("the manifest requires \"rollout\", which"), "{error}");

    // What one platform needs is nothing to another.
    let text = r#"{"format": 1, "version": "1", "targets": {
        "linux": {"requires": ["archive"], "url": ["of", "another", "kind"]},
        "macos": {"url": "a"}
    }}"#;
    let manifest = parse(text).unwrap();
    manifest.for_target(&platform("macos", "x86_64", "x86_64-apple-darwin")).unwrap();
    let error = manifest.for_target(&linux()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("requires \"archive\" for linux, which"), "{error}");
}

#[test]
fn the_minimum_must_run_already() {
    let manifest = parse(&with(r#", "minimum_version": "1.8.0""#)).unwrap();
    for running in ["1.8.0", "v1.8.0", "1.8.0+build", "1.10.0", "2.1.0", "3.0.0"] {
        manifest.may_replace(Some(running)).unwrap();
    }
    for (running, words) in [
        (Some("1.7.9"), "1.7.9 runs; install one in between first"),
        (Some("1.8.0-rc.1"), "1.8.0-rc.1 runs"),
        (Some("one\ntwo"), "version \"one\\ntwo\", which is not of the form 1.2.3"),
        (None, "is not known; set it in the configuration"),
    ] {
        let error = manifest.may_replace(running).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!error.is_transient());
        assert!(error.to_string().contains("version 2.1.0 replaces 1.8.0 and newer only"));
        assert!(error.to_string().contains(words), "{error}");
    }
    parse(&with("")).unwrap().may_replace(None).unwrap();
    let built = parse(&with(r#", "minimum_version": "1.8.0+build.2""#)).unwrap();
    built.may_replace(Some("1.8.0+build.1")).unwrap();
}

#[test]
fn an_artifact_gets_what_the_manifest_declares() {
    let artifact = || Artifact::new(std::io::empty()).size(1).file_name("a");
    let known = format!(r#"{{"name": "app", "size": 9, "digests": ["{SHA1}", "{SHA256}"]}}"#);
    let full = entry(&format!(r#"{{"url": "a", "size": 5, "executable": {known}}}"#));
    let described = full.describe(artifact());
    assert_eq!((described.size, described.file_name.as_deref()), (Some(9), Some("app")));
    assert_eq!(described.digests, full.executable().digests());
    assert_eq!(described.version.as_deref(), Some("2.1.0"));
    let described = entry(r#"{"url": "a", "size": 5}"#).describe(artifact());
    assert_eq!((described.size, described.file_name.as_deref()), (Some(1), Some("a")));

    let runs = |id: &'static str| RunningExecutable::new("/usr/bin/app", move || id.to_owned());
    assert!(full.is_running(&runs(&SHA1["sha1:".len()..])));
    assert!(!full.is_running(&runs("")));
    let unasked =
        RunningExecutable::new("/usr/bin/app", || panic!("there is nothing to hold it against"));
    assert!(!entry(&format!(r#"{{"url": "a.gz", "digests": ["{SHA1}"]}}"#)).is_running(&unasked));
    // What is not compressed is the executable itself.
    let plain = entry(&format!(r#"{{"url": "a?x=.gz", "digests": ["{SHA1}"]}}"#));
    assert!(plain.is_running(&runs(&SHA1["sha1:".len()..])));
}

#[test]
fn the_same_executable_may_move() {
    let plain = entry(r#"{"url": "a"}"#);
    assert!(plain.is_same(&entry(r#"{"url": "a", "unknown": 1}"#)));
    for other in [
        r#"{"url": "b"}"#,
        r#"{"url": "a", "size": 1}"#,
        r#"{"url": "a", "version": "2.1.1"}"#,
        r#"{"url": "a", "signature": "x"}"#,
        r#"{"url": "a", "executable": {"name": "app"}}"#,
    ] {
        assert!(!plain.is_same(&entry(other)), "{other}");
    }
    for digests in [
        format!(r#""digests": ["{SHA256}"]"#),
        format!(r#""executable": {{"digests": ["{SHA256}"]}}"#),
    ] {
        let [here, there] =
            ["a", "b"].map(|url| entry(&format!(r#"{{"url": "{url}", {digests}}}"#)));
        assert!(here.is_same(&there));
        assert!(!here.is_same(&plain));
    }
}
