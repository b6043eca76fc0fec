//! Tests when something is new, and how many requests a poll costs.

use std::time::Duration;

use selfup_fetch::{Fetch, Outcome};

use crate::{api::Api, fetch, gzip, install, name, poll, source};

#[test]
fn the_latest_release_is_fetched_once() {
    let api = Api::with("v1.0.0", b"first");
    let mut source = source(&api);
    let artifact = poll(&mut source).unwrap().unwrap();
    assert_eq!(artifact.version.as_deref(), Some("1.0.0"));
    assert_eq!(artifact.size, Some(5));
    assert_eq!(artifact.file_name, Some(name("")));
    assert_eq!(artifact.digests.len(), 1);
    assert_eq!(crate::read(artifact).unwrap(), "first");
    source.report(Outcome::Installed);
    assert_eq!(install(&mut source), None);

    api.release("v1.1.0", &[(&name(""), b"second")]);
    assert_eq!(install(&mut source).unwrap(), "second");
    assert_eq!(install(&mut source), None);

    // A publisher who withdraws a release wants the one before.
    api.change(|world| world.releases.remove(0));
    assert_eq!(install(&mut source).unwrap(), "first");
}

#[test]
fn a_replaced_asset_is_new() {
    let api = Api::with("v1.0.0", b"first");
    let mut source = source(&api);
    assert_eq!(install(&mut source).unwrap(), "first");
    api.upload("v1.0.0", &name(""), b"other");
    assert_eq!(install(&mut source).unwrap(), "other");
    assert_eq!(install(&mut source), None);
    // What else belongs to the release does not matter.
    api.upload("v1.0.0", "notes.txt", b"notes");
    assert_eq!(install(&mut source), None);
}

#[test]
fn only_what_is_settled_is_remembered() {
    let api = Api::with("v1.0.0", b"first");
    let mut source = source(&api);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), "first");
    assert_eq!(fetch(&mut source).unwrap().unwrap(), "first", "nobody settled it");
    source.report(Outcome::Failed);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), "first");
    // What is published between the fetch and the verdict is new.
    api.upload("v1.0.0", &name(""), b"other");
    source.report(Outcome::Installed);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), "other");
    source.report(Outcome::Refused);
    assert_eq!(fetch(&mut source).unwrap(), None);
}

#[test]
fn with_a_token_polls_that_find_nothing_are_free() {
    let api = Api::with("v1.0.0", b"first");
    api.change(|world| (world.token, world.quota) = (Some("secret"), Some((60, 3600))));
    let mut source = source(&api).token("secret");
    assert_eq!(install(&mut source).unwrap(), "first");
    assert_eq!(api.quota(), 58, "the list and the asset");
    for _ in 0..100 {
        assert_eq!(install(&mut source), None);
    }
    assert_eq!(api.quota(), 58);
    assert_eq!(api.server.requests().len(), 102);
    assert_eq!(api.storage.server.requests().len(), 1);
}

#[test]
fn without_a_token_a_poll_is_one_request() {
    let api = Api::with("v1.0.0", b"first");
    api.change(|world| world.quota = Some((60, 3600)));
    let mut source = source(&api);
    install(&mut source);
    for _ in 0..10 {
        assert_eq!(install(&mut source), None);
    }
    assert_eq!(api.quota(), 60 - 2 - 10);
    assert_eq!(api.asked().len(), 12);
    // They are conditional all the same, which spares the transfer.
    assert_eq!(install(&mut source), None);
    assert!(api.server.requests()[0].header("if-none-match").is_some());
}

#[test]
fn a_response_of_the_api_is_kept_even_without_an_outcome() {
    let api = Api::with("v1.0.0", b"first");
    let mut source = source(&api);
    for _ in 0..2 {
        assert_eq!(fetch(&mut source).unwrap().unwrap(), "first");
        source.report(Outcome::Failed);
    }
    let requests = api.server.requests();
    assert!(requests[0].header("if-none-match").is_none());
    assert!(requests[2].header("if-none-match").is_some(), "and yet it came again");
}

#[test]
fn a_compressed_asset_is_decompressed() {
    let api = Api::start();
    api.release("v1.0.0", &[(&name(".gz"), &gzip(b"app"))]);
    let mut source = source(&api);
    let artifact = poll(&mut source).unwrap().unwrap();
    assert_eq!(artifact.size, None, "the api knows that of the file alone");
    assert!(artifact.digests.is_empty(), "likewise");
    assert_eq!(artifact.file_name, Some(name("")));
    assert_eq!(crate::read(artifact).unwrap(), "app");
}

#[test]
fn the_default_interval_is_long() {
    let api = Api::start();
    assert_eq!(Fetch::interval(&source(&api)), Some(Duration::from_secs(300)));
    let often = source(&api).interval(Duration::from_secs(7));
    assert_eq!(Fetch::interval(&often), Some(Duration::from_secs(7)));
}
