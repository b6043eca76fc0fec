//! Tests the signature of an executable, which is another asset of the release.

use selfup_fetch::{Fetch, Outcome, RunningExecutable};
use selfup_fetch_github::GitHub;

use crate::{api::Api, gzip, name, source};

fn signed() -> RunningExecutable {
    RunningExecutable::new("/usr/bin/app", || unreachable!()).with_signature_wanted(true)
}

/// Polls, and returns the signature that came.
fn signature(source: &mut GitHub) -> Option<Option<String>> {
    source.fetch(&signed()).unwrap().map(|artifact| {
        let signature = artifact.signature.clone();
        crate::read(artifact).unwrap();
        signature
    })
}

#[test]
fn it_comes_along_where_it_is_wanted() {
    for (end, bytes) in [("", b"app".to_vec()), (".gz", gzip(b"app"))] {
        let api = Api::start();
        api.release("v1.0.0", &[(&name(end), &bytes), (&name(".minisig"), b"signed")]);
        let mut source = source(&api);
        assert_eq!(signature(&mut source), Some(Some("signed".to_owned())), "{end}");
        assert_eq!(api.asked().len(), 3);
        let artifact = crate::poll(&mut source).unwrap().unwrap();
        assert_eq!(artifact.signature, None);
        assert_eq!(api.asked().len(), 2, "it is not asked for where it is not wanted");
    }
}

#[test]
fn without_one_the_artifact_comes_without() {
    let api = Api::with("v1.0.0", b"app");
    assert_eq!(signature(&mut source(&api)), Some(None));
}

#[test]
fn what_was_refused_is_new_when_its_signature_changes() {
    let api = Api::with("v1.0.0", b"app");
    let mut source = source(&api);
    assert_eq!(signature(&mut source), Some(None));
    source.report(Outcome::Refused);
    assert_eq!(signature(&mut source), None);
    api.upload("v1.0.0", &name(".minisig"), b"first");
    assert_eq!(signature(&mut source), Some(Some("first".to_owned())));
    source.report(Outcome::Refused);
    assert_eq!(signature(&mut source), None);
    api.upload("v1.0.0", &name(".minisig"), b"other");
    assert_eq!(signature(&mut source), Some(Some("other".to_owned())));
    source.report(Outcome::Installed);
    // A new signature alone does not make a new release of what runs.
    api.upload("v1.0.0", &name(".minisig"), b"third");
    assert_eq!(signature(&mut source), None);
}
