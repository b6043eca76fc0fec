//! Tests signatures beside what they sign.

use super::{objects, read};
use selfup::fetch::{Artifact, Fetch, Outcome, RunningExecutable, S3};
use selfup_tests::source::Remote;

fn poll(source: &mut S3) -> Option<Artifact> {
    source
        .fetch(&RunningExecutable::new("/usr/bin/app", String::new).with_signature_wanted(true))
        .unwrap()
}

#[test]
fn it_is_looked_for_where_it_is_wanted() {
    objects::with("it_is_looked_for_where_it_is_wanted", |publisher, bucket| {
        publisher.put("a/app", b"one");
        publisher.put("b/app", b"two");
        publisher.put("a/app.minisig", b"signed");
        let artifact = poll(&mut publisher.source("a/app")).unwrap();
        assert_eq!(artifact.signature.as_deref(), Some("signed"));
        assert_eq!(read(artifact).unwrap(), b"one");
        assert_eq!(poll(&mut publisher.source("b/app")).unwrap().signature, None);

        let before = bucket.front().requests().len();
        let unasked = super::poll(&mut publisher.source("a/app")).unwrap().unwrap();
        assert_eq!(unasked.signature, None);
        assert_eq!(bucket.front().requests().len() - before, 2, "HEAD and GET");
    });
}

#[test]
fn what_was_refused_is_fetched_again_when_it_is_signed_anew() {
    let name = "what_was_refused_is_fetched_again_when_it_is_signed_anew";
    objects::with(name, |publisher, bucket| {
        publisher.put("app", b"one");
        let mut source = publisher.source("app");
        let mut next = |outcome| {
            let before = bucket.front().requests().len();
            let signature = poll(&mut source).map(|artifact| {
                let signature = artifact.signature.clone();
                read(artifact).unwrap();
                signature
            });
            source.report(outcome);
            (signature, bucket.front().requests().len() - before)
        };
        assert_eq!(next(Outcome::Refused), (Some(None), 3));
        // While it is refused, a poll costs a look at the signature and no more.
        assert_eq!(next(Outcome::Refused), (None, 2));
        publisher.put("app.minisig", b"wrong");
        assert_eq!(next(Outcome::Refused).0, Some(Some("wrong".to_owned())));
        publisher.put("app.minisig", b"right");
        assert_eq!(next(Outcome::Installed).0, Some(Some("right".to_owned())));
        publisher.put("app.minisig", b"another");
        assert_eq!(next(Outcome::Installed), (None, 1));
    });
}
