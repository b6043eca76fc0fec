//! Tests upgrades on trial beside the target, which replace it after their probation.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use selfup_install::{ErrorKind, Id, Refusal, Start, Target, Trial};
use support::{Sandbox, assert_says, install, probe_script, try_out};

const MAX: u32 = Start::DEFAULT_MAX;
const PREVIOUS: &str = ".app.selfup-previous";
const RECORD: &str = ".app.selfup-record";
const TRIAL: &str = ".app.selfup-trial-*";

fn id(version: &str) -> Id {
    Id::of(&probe_script(version)[..]).unwrap()
}

#[track_caller]
fn assert_settled(target: &Target) {
    let start = target.begin(MAX).unwrap();
    assert!(matches!(start, Start::Settled), "{start:?}");
}

#[track_caller]
fn taken_up(target: &Target) -> (Trial, u32) {
    match target.begin(MAX).unwrap() {
        Start::Beside { trial, starts } => (trial, starts),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_path(sandbox: &Sandbox, version: &str) {
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script(version));
}

/// An executable on trial whose master is gone.
fn left_behind() -> (Sandbox, Target) {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    drop(try_out(&target, &probe_script("two")));
    (sandbox, target)
}

#[test]
fn what_is_tried_is_beside_the_target_until_it_is_committed() {
    let sandbox = Sandbox::new();
    fs::set_permissions(sandbox.app(), fs::Permissions::from_mode(0o751)).unwrap();
    let target = sandbox.target();
    let trial = try_out(&target, &probe_script("two"));
    assert_path(&sandbox, "one");
    assert_eq!(fs::read(trial.path()).unwrap(), probe_script("two"));
    assert_eq!(fs::metadata(trial.path()).unwrap().mode() & 0o7777, 0o751);
    assert_eq!(sandbox.kinds(), [RECORD, TRIAL, "app"]);

    // Whatever the target has been given meanwhile is kept.
    fs::set_permissions(sandbox.app(), fs::Permissions::from_mode(0o700)).unwrap();
    let committed = trial.commit().unwrap();
    assert!(committed.warning().is_none() && committed.id() == id("two"));
    assert_path(&sandbox, "two");
    assert_eq!(fs::metadata(sandbox.app()).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(sandbox.kinds(), [PREVIOUS, "app"]);
    assert_settled(&target);
    assert_eq!(target.roll_back().unwrap().id(), id("one"));
}

#[test]
fn what_failed_is_gone_and_left_alone_for_a_growing_time() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    for (failures, pause) in (1..).zip(Refusal::PAUSES.map(Some).into_iter().chain([None])) {
        assert!(try_out(&target, &probe_script("two")).roll_back("it crashed\nat once").unwrap());
        assert_eq!(sandbox.kinds(), [RECORD, "app"]);
        assert_path(&sandbox, "one");
        let refusals = target.refusals().unwrap();
        let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
        assert_eq!((refusal.id(), refusal.reason()), (id("two"), "it crashed at once"));
        assert_eq!(refusal.failures(), failures);
        let now = SystemTime::now();
        assert!(refusal.stands_at(now + Duration::from_secs(3000)));
        assert_eq!(refusal.retry_at(), pause.map(|pause| refusal.time() + pause));
        age(&sandbox, pause.unwrap_or_default());
    }
    assert!(target.forgive(id("two")).unwrap());
    assert_eq!(sandbox.kinds(), ["app"]);
}

/// Makes the entries of the record older.
fn age(sandbox: &Sandbox, by: Duration) {
    let record = fs::read_to_string(sandbox.join(RECORD)).unwrap();
    let older = |line: &str| {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["refused", id, seconds, reason] => {
                let seconds = seconds.parse::<u64>().unwrap() - by.as_secs();
                format!("refused {id} {seconds} {reason}\n")
            }
            _ => format!("{line}\n"),
        }
    };
    fs::write(sandbox.join(RECORD), record.lines().map(older).collect::<String>()).unwrap();
}

#[test]
fn one_that_proves_itself_in_the_end_is_forgiven() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    try_out(&target, &probe_script("two")).roll_back("it crashed").unwrap();
    age(&sandbox, Refusal::PAUSES[0]);
    try_out(&target, &probe_script("two")).commit().unwrap();
    assert_eq!(target.refusals().unwrap(), []);
    assert_eq!(sandbox.kinds(), [PREVIOUS, "app"]);
}

#[test]
fn what_could_not_be_tried_is_gone_without_a_word() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    try_out(&target, &probe_script("two")).shelve().unwrap();
    assert_eq!(sandbox.kinds(), ["app"]);
}

#[test]
fn the_next_start_takes_up_an_undecided_trial() {
    let (sandbox, target) = left_behind();
    for start in 1..=3 {
        let (trial, starts) = taken_up(&target);
        assert_eq!((trial.id(), starts), (id("two"), start));
        // No other process gets it meanwhile.
        assert_settled(&target);
        assert_path(&sandbox, "one");
    }
    match target.begin(MAX).unwrap() {
        Start::GivenUp { refused, starts } => assert_eq!((refused, starts), (id("two"), 3)),
        other => panic!("{other:?}"),
    }
    assert_path(&sandbox, "one");
    assert_settled(&target);
    let refusals = target.refusals().unwrap();
    assert_eq!(refusals[0].reason(), "it was started 3 times and never survived its probation");
    assert_eq!(refusals[0].failures(), 1);
    assert_eq!(sandbox.kinds(), [RECORD, "app"]);
}

#[test]
fn a_start_that_was_ended_by_order_does_not_count() {
    let (_sandbox, target) = left_behind();
    for _ in 0..5 {
        let (trial, starts) = taken_up(&target);
        assert_eq!(starts, 1);
        trial.forgive_start().unwrap();
        trial.forgive_start().unwrap();
    }
    drop(taken_up(&target));
    assert_eq!(taken_up(&target).1, 2);
    taken_up(&target).0.commit().unwrap();
    assert_settled(&target);
}

#[test]
fn each_master_has_a_trial_of_its_own_and_the_first_to_commit_is_enough() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let mut trials = Vec::from([(); 20].map(|()| try_out(&target, &probe_script("two"))));
    assert_eq!(sandbox.kinds().iter().filter(|kind| *kind == TRIAL).count(), 20);
    // One master fails, without consequence for the others.
    assert!(trials.pop().unwrap().roll_back("the machine was short of memory").unwrap());
    // One master dies without a verdict before the next ones commit.
    drop(trials.pop());
    for trial in trials.split_off(10) {
        trial.commit().unwrap();
        assert_path(&sandbox, "two");
    }
    assert_settled(&target);
    // A later one fails: an executable that has been committed is not refused.
    assert!(!trials.pop().unwrap().roll_back("it crashed").unwrap());
    for trial in trials {
        trial.commit().unwrap();
    }
    assert_path(&sandbox, "two");
    assert_eq!(target.refusals().unwrap(), []);
    assert_eq!(sandbox.kinds(), [PREVIOUS, "app"]);
    assert_eq!(target.previous().unwrap().id().unwrap(), id("one"));
}

#[test]
fn another_executable_at_the_path_stays_and_ends_the_trial() {
    for decides in [true, false] {
        let sandbox = Sandbox::new();
        let target = sandbox.target();
        let trial = try_out(&target, &probe_script("two"));
        sandbox.put("app", &probe_script("by hand"), 0o755);
        if decides {
            let failed = trial.commit().unwrap_err();
            assert_says(&failed.error, ErrorKind::TargetChanged, &["and now is"]);
            assert!(failed.trial.is_none());
        } else {
            drop(trial);
            assert_settled(&target);
        }
        assert_path(&sandbox, "by hand");
        assert_eq!(sandbox.kinds(), ["app"]);
    }
}

#[test]
fn a_commit_that_could_not_be_made_can_be_made_later() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let trial = try_out(&target, &probe_script("two"));
    fs::rename(sandbox.app(), sandbox.join("away")).unwrap();
    let failed = trial.commit().unwrap_err();
    fs::rename(sandbox.join("away"), sandbox.app()).unwrap();
    failed.trial.unwrap().commit().unwrap();
    assert_path(&sandbox, "two");
}

#[test]
fn a_roll_back_by_hand_is_of_what_is_on_trial() {
    for is_held in [true, false] {
        let sandbox = Sandbox::new();
        let target = sandbox.target();
        install(&target, &probe_script("two")).commit().unwrap();
        let trial = try_out(&target, &probe_script("three"));
        assert!(!trial.is_refused());
        let trial = is_held.then_some(trial);
        assert_eq!(target.roll_back().unwrap().id(), id("two"), "the proven one stays");
        assert_path(&sandbox, "two");
        let refusals = target.refusals().unwrap();
        assert_eq!((refusals[0].id(), refusals[0].reason()), (id("three"), "rolled back by hand"));
        assert_eq!(refusals[0].retry_at(), None);
        if let Some(trial) = trial {
            assert!(trial.is_refused());
            let failed = trial.commit().unwrap_err();
            assert_says(&failed.error, ErrorKind::TargetChanged, &["rolled back by hand"]);
            assert!(failed.trial.is_none());
        }
        assert_path(&sandbox, "two");
        assert_eq!(sandbox.kinds(), [PREVIOUS, RECORD, "app"]);
        // Once more is about what is at the path.
        assert_eq!(target.roll_back().unwrap().id(), id("one"));
    }
}

#[test]
fn a_file_that_was_written_to_never_takes_the_place() {
    let (sandbox, target) = left_behind();
    let name = sandbox.names().into_iter().find(|name| name.contains("-trial-")).unwrap();
    fs::write(sandbox.join(&name), probe_script("other")).unwrap();
    assert_settled(&target);
    assert_eq!(sandbox.kinds(), ["app"]);

    let trial = try_out(&target, &probe_script("two"));
    fs::write(trial.path(), probe_script("other")).unwrap();
    let failed = trial.commit().unwrap_err();
    assert_says(&failed.error, ErrorKind::Altered, &["its SHA-1 was"]);
    failed.trial.unwrap().roll_back("altered").unwrap();
    assert_path(&sandbox, "one");
    assert_eq!(sandbox.kinds(), [RECORD, "app"]);
}

#[test]
fn leftovers_are_removed_by_the_next_installer_and_nothing_else() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let held = try_out(&target, &probe_script("two"));
    sandbox.put(".app.selfup-trial-0123456789aZ", b"left", 0o755);
    sandbox.put(".app.selfup-trial-notes", b"somebody's", 0o644);
    target.preflight().unwrap();
    let token = held.path().file_name().unwrap().to_str().unwrap().to_owned();
    let mut expected = [RECORD, &token, ".app.selfup-trial-notes", "app"];
    expected.sort_unstable();
    assert_eq!(sandbox.names(), expected);
    held.commit().unwrap();
}
