//! Tests signatures in the manifest, at a URL, and next to the file.

use selfup_fetch::{Fetch, Outcome};
use selfup_fetch_http::Http;

use super::Site;
use crate::{current, read};

/// The signature that comes, if anything does.
fn next(source: &mut Http, outcome: Outcome) -> Option<Option<String>> {
    let artifact = source.fetch(&current().with_signature_wanted(true)).unwrap()?;
    let signature = artifact.signature.clone();
    read(artifact).unwrap();
    source.report(outcome);
    Some(signature)
}

const PLACES: [(&str, &str, Option<&str>); 3] = [
    (r#"{"url": "one", "signature": "by SIGNER"}"#, "/a/one", None),
    (r#"{"url": "one", "signature_url": "sig/x"}"#, "/a/one", Some("/a/sig/x")),
    (r#"{"url": "one"}"#, "/a/one", Some("/a/one.minisig")),
];

fn publish(site: &Site, entry: &str, at: Option<&str>, signer: &str) {
    match at {
        Some(at) => site.put(at, format!("by {signer}").as_bytes()),
        None => site.put_entry("1.0.0", &entry.replace("SIGNER", signer)),
    }
}

#[test]
fn they_come_if_they_are_wanted() {
    for (entry, file, at) in PLACES {
        let site = Site::start();
        site.put(file, b"one");
        site.put_entry("1.0.0", entry);
        publish(&site, entry, at, "me");
        let signature = next(&mut site.source(), Outcome::Installed).unwrap();
        assert_eq!(signature.as_deref(), Some("by me"), "{entry}");
        site.requests();
        let unasked = site.source().fetch(&current()).unwrap().unwrap();
        assert_eq!((unasked.signature, site.requests().len()), (None, 2), "{entry}");
    }
}

#[test]
fn what_was_refused_is_fetched_again_when_it_is_signed_anew() {
    for (entry, file, at) in PLACES {
        let site = Site::start();
        site.put(file, b"one");
        site.put_entry("1.0.0", entry);
        publish(&site, entry, at, "somebody");
        let mut source = site.source();
        let by = |who: &str| Some(Some(format!("by {who}")));
        assert_eq!(next(&mut source, Outcome::Refused), by("somebody"), "{entry}");
        assert_eq!(next(&mut source, Outcome::Refused), None);
        publish(&site, entry, at, "me");
        assert_eq!(next(&mut source, Outcome::Failed), by("me"));
        assert_eq!(next(&mut source, Outcome::Installed), by("me"));
        assert_eq!(next(&mut source, Outcome::Installed), None);
        // What was installed needs no signature any more.
        if at.is_some() {
            publish(&site, entry, at, "another");
            assert_eq!(next(&mut source, Outcome::Installed), None);
        }
    }
}

#[test]
fn one_that_is_missing_may_come_later() {
    for (entry, file, at) in &PLACES[1..] {
        let site = Site::start();
        site.put(file, b"one");
        site.put_entry("1.0.0", entry);
        let mut source = site.source();
        assert_eq!(next(&mut source, Outcome::Refused), Some(None));
        assert_eq!(next(&mut source, Outcome::Refused), None);
        publish(&site, entry, *at, "me");
        assert_eq!(next(&mut source, Outcome::Installed), Some(Some("by me".into())));
    }
}
