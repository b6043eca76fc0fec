//! Tests the metadata of an object.

use super::{fetch, poll, publisher::Publisher, read};
use flate2::{Compression, write::GzEncoder};
use selfup::fetch::Fetch;
use selfup_tests::{
    front::{Fault, Place, Responses},
    sandbox::Sandbox,
    source::{Bucket, Remote, Source},
};
use std::io::Write;

/// s3s-fs with a bucket.
pub(crate) fn with(name: &str, case: impl FnOnce(&Publisher, &Bucket)) {
    let sandbox = Sandbox::new(name);
    let bucket = Bucket::start(&sandbox);
    case(&Publisher::of(bucket.address(), bucket.front()), &bucket);
    bucket.stop();
    sandbox.finish();
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_object_has_its_size_name_and_version() {
    with("an_object_has_its_size_name_and_version", |publisher, _| {
        let put = publisher.client.put_object().bucket("releases").key("a/app");
        publisher.wait(put.metadata("version", "1.2.3").body(b"one".to_vec().into()).send());
        let artifact = poll(&mut publisher.source("a/app")).unwrap().unwrap();
        assert_eq!(artifact.size, Some(3));
        assert_eq!(artifact.version.as_deref(), Some("1.2.3"));
        assert_eq!(artifact.file_name.as_deref(), Some("app"));
        assert_eq!(read(artifact).unwrap(), b"one");
    });
}

#[test]
fn the_platform_is_filled_in() {
    with("the_platform_is_filled_in", |publisher, _| {
        let key = selfup::fetch::expand("{os}/{arch}/app-{target}").unwrap();
        publisher.put(&key, b"one");
        let mut source = publisher.source("{os}/{arch}/app-{target}");
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    });
}

#[test]
fn what_is_compressed_is_decompressed() {
    with("what_is_compressed_is_decompressed", |publisher, _| {
        publisher.put("app.gz", &gzip(b"one"));
        let put = publisher.client.put_object().bucket("releases").key("coded");
        let put = put.content_encoding("gzip").body(gzip(b"two").into());
        publisher.wait(put.send());
        for (key, bytes) in [("app.gz", b"one"), ("coded", b"two")] {
            let artifact = poll(&mut publisher.source(key)).unwrap().unwrap();
            assert_eq!(artifact.size, None, "that of the object is another");
            assert!(artifact.digests.is_empty());
            assert_eq!(read(artifact).unwrap(), bytes);
        }
    });
}

#[test]
fn a_transfer_is_picked_up_where_it_broke() {
    with("a_transfer_is_picked_up_where_it_broke", |publisher, bucket| {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        publisher.put("app", &bytes);
        for fault in [Fault::Cut(Place::Middle), Fault::Reset(Place::Middle)] {
            bucket.front().spoil(Responses::Files, fault);
            let before = bucket.front().requests().len();
            assert!(fetch(&mut publisher.source("app")).unwrap().unwrap() == bytes);
            let requests = bucket.front().requests().split_off(before);
            let ranges: Vec<_> = requests.iter().filter_map(|r| r.head.header("range")).collect();
            assert!(ranges.len() >= 3, "{ranges:?}");
            assert!(requests.iter().filter(|r| r.head.method() == "GET").all(|request| {
                request.head.header("if-match").is_some_and(|tag| tag.starts_with('"'))
            }));
        }
        bucket.front().heal();
    });
}

#[test]
fn what_brings_nothing_is_not_asked_for_again() {
    with("what_brings_nothing_is_not_asked_for_again", |publisher, bucket| {
        publisher.put("app", &[7; 100_000]);
        bucket.front().spoil(Responses::Files, Fault::Cut(Place::Body));
        let before = bucket.front().requests().len();
        let error = fetch(&mut publisher.source("app")).unwrap_err();
        assert_eq!(error.kind(), selfup::fetch::ErrorKind::Truncated, "{error}");
        assert!(error.to_string().contains("0 of 100000 bytes"), "{error}");
        assert_eq!(bucket.front().requests().len() - before, 2, "HEAD and GET");
    });
}

#[test]
fn parts_of_two_objects_are_never_joined() {
    with("parts_of_two_objects_are_never_joined", |publisher, bucket| {
        publisher.put("app", &[1; 400_000]);
        bucket.front().spoil(Responses::Files, Fault::Stall(Place::Middle));
        let mut source =
            publisher.source("app").stall_timeout(std::time::Duration::from_millis(200));
        let artifact = poll(&mut source).unwrap().unwrap();
        publisher.put("app", &[2; 400_000]);
        bucket.front().heal();
        let error = read(artifact).unwrap_err();
        assert_eq!(error.kind(), selfup::fetch::ErrorKind::Changed, "{error}");
        assert!(error.is_transient());
        source.report(selfup::fetch::Outcome::Failed);
        assert!(fetch(&mut source).unwrap().unwrap() == [2; 400_000]);
    });
}
