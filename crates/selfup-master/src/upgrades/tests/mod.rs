//! The worker with a scripted source, whose executables come damaged, late or not at all.

mod stage;

use std::{io, sync::Arc};

use selfup_fetch::{Error, ErrorKind};
use selfup_install::{Checks, Expected, Target};

use super::{Adopted, Commit, Undecided, Upgrades};
use crate::{settings::UpgradeOptions, trust::Trust};
use stage::*;

#[test]
fn damaged_bytes_are_fetched_again_although_the_source_is_unchanged() {
    let other = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709";
    for damaged in [
        Body::Breaks(ErrorKind::Corrupt),
        Body::Breaks(ErrorKind::Truncated),
        Body::Breaks(ErrorKind::TooLarge),
        Body::Foreign(io::ErrorKind::InvalidData),
        Body::Promised(PAGE, other),
        Body::Promised(RUNNING, other),
        Body::Sized(PAGE, 99),
        Body::Sized(RUNNING, 3),
    ] {
        let mut stage = Stage::new(world([damaged.clone(), damaged, Body::Whole(RUNNING)]));
        stage.wait("UpToDate");
        assert_eq!(stage.reported("Refused"), 0, "{:?}", stage.reports);
        assert_eq!(stage.reported("FetchFailed"), 1, "once: {:?}", stage.reports);
        stage.wait("FetchRecovered");
        assert_eq!(lock(&stage.world).fetched, 3);
        assert_eq!(stage.fetches_in(5), 0, "being up to date is settled");
    }
}

#[test]
fn bytes_damaged_at_their_source_are_fetched_less_and_less_often_until_they_change() {
    let mut stage = Stage::new(world([Body::Breaks(ErrorKind::Corrupt)]));
    stage.wait("FetchFailed");
    let fetched = stage.fetches_in(100);
    assert!(fetched <= 4, "{fetched} fetches in 100 polls");
    assert_eq!(stage.reported("FetchRecovered"), 0, "{:?}", stage.reports);
    stage.publish([Body::Whole(RUNNING)]);
    stage.wait("UpToDate");
    stage.wait("FetchRecovered");
    assert_eq!(stage.reported("FetchFailed"), 1, "{:?}", stage.reports);
}

#[test]
fn bytes_that_run_already_under_a_new_validator_are_fetched_again() {
    let mut stage = Stage::new(world([Body::Whole(RUNNING)]));
    stage.wait("UpToDate");
    assert_eq!(stage.fetches_in(20), 0, "at first, it is");
    stage.publish([Body::Whole(RUNNING), Body::Whole(RUNNING), Body::Whole(PAGE)]);
    stage.wait("Refused");
    assert_eq!(stage.reported("FetchFailed"), 0, "{:?}", stage.reports);
    assert_eq!(stage.fetches_in(20), 0, "a failed check is final");
}

#[test]
fn a_source_that_changes_while_a_fetcher_reads_it_is_reported_if_that_does_not_end() {
    let mut stage = Stage::new(World { changes: 5, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.reported("FetchFailed"), 0, "{:?}", stage.reports);
    drop(stage);
    let mut stage = Stage::new(World { changes: 6, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchFailed could not fetch: replaced meanwhile");
    stage.wait("FetchRecovered");
}

#[test]
fn a_source_that_fails_to_begin_is_tried_again() {
    let late = || Error::new(ErrorKind::NotFound, "not mounted");
    let inits = [late(), late(), Error::new(ErrorKind::Denied, "not yet")].into();
    let mut stage = Stage::new(World { inits, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.reported("FetchFailed"), 2, "each reason once: {:?}", stage.reports);
    stage.wait("FetchRecovered");
    assert_eq!(stage.reported("FetchDisabled"), 0, "{:?}", stage.reports);

    let inits = [Error::new(ErrorKind::Configuration, "no address")].into();
    let mut stage = Stage::new(World { inits, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchDisabled could not fetch: no address");
    stage.end();
    assert_eq!(lock(&stage.world).polls, 0);
}

#[test]
fn the_worker_starts_again_after_a_panic_but_not_for_ever() {
    let mut stage = Stage::new(World { panics: 3, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.wait("panicked: a fetcher's own\\u{1b} failure"), 1, "{:?}", stage.reports);
    assert_eq!(stage.reported("FetchDisabled"), 0);

    let mut stage = Stage::new(World { panics: u32::MAX, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchDisabled the thread that fetches panicked: a fetcher's own\\u{1b} failure");
    stage.end();
    assert_eq!(stage.reported("FetchFailed"), 1, "{:?}", stage.reports);
    assert_eq!(lock(&stage.world).polls, 5);
}

#[test]
fn a_signature_that_keeps_changing_does_not_bring_the_executable_each_time() {
    let mut stage = Stage::with(world([Body::Whole(PAGE)]), trusting(KEY), None);
    stage.wait("Refused");
    let fetched = stage.fetches_in(100);
    assert!((1..=4).contains(&fetched), "{fetched} fetches in 100 polls");
    // Another executable has nothing to do with it.
    let before = lock(&stage.world).fetched;
    stage.publish([Body::Whole(PAGE)]);
    stage.fetches_in(3);
    assert!(lock(&stage.world).fetched > before);
}

fn trusting(key: &str) -> Trust {
    let keys = vec![key.to_owned()];
    UpgradeOptions { keys, allow_downgrade: true, ..UpgradeOptions::default() }.check().unwrap()
}

/// Another process has put something else at the path, and so has decided.
#[test]
fn a_release_that_was_overruled_brings_no_keys() {
    for is_overruled in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        std::fs::write(&path, RUNNING).unwrap();
        let mut staged = Target::new(&path).unwrap().stage(Expected::new()).unwrap();
        staged.write(&mut &b"#!/bin/sh\n"[..], &mut |_| ()).unwrap();
        let trial = staged.verify(Checks::new().probe(None)).unwrap().try_out().unwrap();
        if is_overruled {
            std::fs::write(folder.path().join("new"), PAGE).unwrap();
            std::fs::rename(folder.path().join("new"), &path).unwrap();
        }
        let plan = plan(&Arc::default(), path, trusting(KEY), None);
        let undecided = Some(Undecided::Beside(Box::new(trial)));
        let mut upgrades = Upgrades::new(Some(plan), undecided);
        let (committed, adopted) = upgrades.commit(Some(&[SIGNER.to_owned()])).unwrap();
        let expected = if is_overruled { Adopted::Same } else { Adopted::Others };
        assert_eq!(matches!(committed, Commit::Overruled(_)), is_overruled, "{committed:?}");
        assert_eq!(adopted, expected);
    }
}

#[test]
fn bytes_that_only_their_signature_could_show_as_damaged_are_refused_and_fetched_again() {
    let damaged = || Body::Whole(b"#!/bin/si\n");
    let bodies = [damaged(), damaged(), Body::Whole(SIGNED)];
    let world = World { signed: Some(SIGNATURE), ..world(bodies) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("Refused could not replace");
    assert_eq!(stage.reported("is not one of these bytes"), 1, "once: {:?}", stage.reports);
    assert_eq!(lock(&stage.world).fetched, 3);
    assert_eq!(stage.fetches_in(20), 0, "a failed check is final");
}

#[test]
fn bytes_with_a_wrong_signature_are_fetched_less_and_less_often_until_they_change() {
    let world = World { signed: Some(SIGNATURE), ..world([Body::Whole(PAGE)]) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("is not one of these bytes");
    let fetched = stage.fetches_in(100);
    assert!((1..=4).contains(&fetched), "{fetched} fetches in 100 polls");
    let before = lock(&stage.world).fetched;
    stage.publish([Body::Whole(RUNNING)]);
    stage.fetches_in(3);
    assert!(lock(&stage.world).fetched > before, "other bytes are fetched at once");
}

#[test]
fn refused_bytes_that_nothing_vouches_for_are_fetched_once_more() {
    let mut stage = Stage::new(world([Body::Whole(PAGE), Body::Whole(RUNNING)]));
    stage.wait("UpToDate");
    assert_eq!(stage.reported("Refused"), 1, "{:?}", stage.reports);
    assert_eq!(lock(&stage.world).fetched, 2, "although the source is unchanged");

    let mut stage = Stage::new(world([Body::Whole(PAGE)]));
    stage.wait("Refused");
    stage.fetches_in(100);
    assert_eq!(lock(&stage.world).fetched, 2, "the same bytes again are beyond doubt");
    assert_eq!(stage.reported("Refused"), 1, "{:?}", stage.reports);
}

/// The signature itself is then proven wrong.
#[test]
fn bytes_that_match_their_digest_are_not_taken_for_damaged() {
    let vouched = Body::Promised(b"", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709");
    let world = World { signed: Some(SIGNATURE), ..world([vouched]) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("is not one of these bytes");
    assert_eq!(stage.fetches_in(100), 0);
}

#[test]
fn the_caution_of_a_fetcher_is_reported_once() {
    let caution = Some("nothing protects it; protect it");
    let world = World { panics: 2, ..world([Body::Whole(RUNNING)]) };
    let mut stage = Stage::with(world, Trust::default(), caution);
    stage.wait("UpToDate");
    stage.fetches_in(5);
    assert_eq!(stage.reported("Warning nothing protects it; protect it"), 1, "{:?}", stage.reports);
}
