//! Tests a manifest that is an object of the bucket.

use super::{objects, publisher::Publisher, read};
use selfup::fetch::{Error, ErrorKind, Fetch, Outcome, RunningExecutable, S3};
use selfup_tests::source::{ACCESS_KEY, Bucket, Remote};

const ONE: &str = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const ONE_ID: &str = "fe05bcdcdc4928012781a5f1a2a77cbb5398e106";

/// Publishes a manifest with this entry for this platform.
fn publish(publisher: &Publisher, version: &str, fields: &str, entry: &str) {
    let os = std::env::consts::OS;
    let text = format!(
        r#"{{"format": 1, "version": "{version}"{fields}, "targets": {{"{os}": {entry}}}}}"#
    );
    publisher.put("a/manifest.json", text.as_bytes());
}

fn source(publisher: &Publisher) -> S3 {
    let (id, secret) = ACCESS_KEY;
    S3::manifest("releases", "a/manifest.json")
        .region("us-east-1")
        .endpoint(publisher.front())
        .credentials(id, secret, None)
        .proxy_from_env(false)
}

/// Returns the result, and the number of requests.
fn requests<T>(bucket: &Bucket, ask: impl FnOnce() -> T) -> (T, usize) {
    let before = bucket.front().requests().len();
    let response = ask();
    (response, bucket.front().requests().len() - before)
}

/// A digest in a manifest is compared with what runs, so its id is asked for.
fn fetch(source: &mut S3) -> Result<Option<Vec<u8>>, Error> {
    source.fetch(&RunningExecutable::new("/usr/bin/app", String::new))?.map(read).transpose()
}

#[test]
fn it_is_polled_and_the_object_fetched_when_there_is_a_new_one() {
    let name = "it_is_polled_and_the_object_fetched_when_there_is_a_new_one";
    objects::with(name, |publisher, bucket| {
        publisher.put("a/one", b"one");
        let with_digest = |url: &str| format!(r#"{{"url": "{url}", "digests": ["{ONE}"]}}"#);
        publish(publisher, "1.0.0", "", &with_digest("one"));
        let mut source = source(publisher);
        for outcome in [Outcome::Failed, Outcome::Installed] {
            let (found, asked) = requests(bucket, || fetch(&mut source).unwrap());
            // Each object is looked up first, and then fetched by the version found.
            assert_eq!((found.as_deref(), asked), (Some(b"one".as_slice()), 4));
            source.report(outcome);
        }
        let (found, asked) = requests(bucket, || fetch(&mut source).unwrap());
        assert_eq!((found, asked), (None, 1));

        publish(publisher, "1.0.0", "", &with_digest("b/moved"));
        let (found, asked) = requests(bucket, || fetch(&mut source).unwrap());
        assert_eq!((found, asked), (None, 2));
        let (found, asked) = requests(bucket, || fetch(&mut source).unwrap());
        assert_eq!((found, asked), (None, 1));

        publisher.put("a/b/my app", b"two");
        publish(publisher, "1.0.1", "", r#"{"url": "b/my%20app"}"#);
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"two");
        source.report(Outcome::Refused);
        assert_eq!(fetch(&mut source).unwrap(), None);
        publisher.put("top", b"three");
        publish(publisher, "1.0.2", "", r#"{"url": "/top"}"#);
        assert_eq!(fetch(&mut source).unwrap().unwrap(), b"three");
    });
}

#[test]
fn what_a_manifest_declares_about_the_executable_is_passed_on() {
    objects::with(
        "what_a_manifest_declares_about_the_executable_is_passed_on",
        |publisher, bucket| {
            let packed = objects::gzip(b"one");
            publisher.put("a/app-1.gz", &packed);
            let of_it = format!(r#"{{"size": 3, "digests": ["{ONE}", "sha1:{ONE_ID}"]}}"#);
            let entry = format!(
                r#"{{"url": "app-1.gz", "size": {}, "executable": {of_it}, "signature": "mine"}}"#,
                packed.len()
            );
            publish(publisher, "1.0.0", r#", "minimum_version": "0.9.0""#, &entry);
            let wanting = |id: &'static str, version| {
                let current = RunningExecutable::new("/usr/bin/app", move || id.to_owned());
                current.with_version(version).with_signature_wanted(true)
            };
            let artifact = source(publisher).fetch(&wanting("", Some("0.9.1"))).unwrap().unwrap();
            assert_eq!((artifact.version.as_deref(), artifact.size), (Some("1.0.0"), Some(3)));
            assert_eq!(artifact.digests[0], ONE.parse().unwrap());
            assert_eq!(artifact.file_name.as_deref(), Some("app-1"));
            assert_eq!(artifact.signature.as_deref(), Some("mine"));
            assert_eq!(read(artifact).unwrap(), b"one");

            for version in [None, Some("0.8.0")] {
                let (refusal, asked) = requests(bucket, || {
                    source(publisher).fetch(&wanting("", version)).unwrap_err()
                });
                assert_eq!((refusal.kind(), asked), (ErrorKind::Unsupported, 2), "{refusal}");
                assert!(refusal.to_string().contains("s3://releases/a/manifest.json"), "{refusal}");
            }
            let (none, asked) =
                requests(bucket, || source(publisher).fetch(&wanting(ONE_ID, None)).unwrap());
            assert!(none.is_none() && asked == 2);
        },
    );
}

#[test]
fn what_does_not_fit_is_named() {
    objects::with("what_does_not_fit_is_named", |publisher, _| {
        let error = fetch(&mut source(publisher)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        publisher.put("a/one", b"one");
        let manifest = "s3://releases/a/manifest.json";
        for (entry, kind, place, words) in [
            ("7", ErrorKind::Protocol, manifest, "must be an object"),
            (r#"{"url": "none"}"#, ErrorKind::NotFound, "s3://releases/a/none", ""),
            (r#"{"url": "https://host/one"}"#, ErrorKind::Protocol, manifest, "relative"),
            (r#"{"url": "one", "size": 4}"#, ErrorKind::Truncated, "s3://releases/a/one", "of 4"),
            (
                r#"{"url": "one", "digests": ["sha1:ad782ecdac770fc6eb9a62e44f90873fb97fb26b"]}"#,
                ErrorKind::Corrupt,
                "s3://releases/a/one",
                "its digest is",
            ),
        ] {
            publish(publisher, "1.0.0", "", entry);
            let error: Error = fetch(&mut source(publisher)).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            let error = error.to_string();
            assert!(error.contains(place) && error.contains(words), "{error}");
        }
        publisher.put("a/manifest.json", " ".repeat((1 << 20) + 1).as_bytes());
        let error = fetch(&mut source(publisher)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    });
}

#[test]
fn what_was_refused_is_fetched_again_when_it_is_signed_anew() {
    let name = "a_manifest_and_what_is_signed_anew";
    objects::with(name, |publisher, _| {
        for (entry, signature) in [
            (r#"{"url": "one"}"#, "a/one.minisig"),
            (r#"{"url": "one", "signature_url": "../sig"}"#, "sig"),
        ] {
            publisher.put("a/one", b"one");
            publish(publisher, "1.0.0", "", entry);
            let mut source = source(publisher);
            let mut next = |outcome| {
                let current =
                    RunningExecutable::new("/usr/bin/app", String::new).with_signature_wanted(true);
                let artifact = source.fetch(&current).unwrap();
                let signature = artifact.map(|artifact| {
                    let signature = artifact.signature.clone();
                    read(artifact).unwrap();
                    signature
                });
                source.report(outcome);
                signature
            };
            assert_eq!(next(Outcome::Refused), Some(None));
            assert_eq!(next(Outcome::Refused), None);
            publisher.put(signature, b"mine");
            assert_eq!(next(Outcome::Installed), Some(Some("mine".into())));
            publisher.put(signature, b"another");
            assert_eq!(next(Outcome::Installed), None);
        }
    });
}
