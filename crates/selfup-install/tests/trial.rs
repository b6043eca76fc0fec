//! Tests upgrades on trial, their outcomes, and what is refused for good.
#![allow(clippy::print_stderr, reason = "a test says what it leaves out")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use nix::poll::poll;
use selfup_install::{ErrorKind, Id, Installed, Start, Target};
use support::{
    Sandbox, assert_says, example, has_program, install, is_root, probe_script, spawn, wait_until,
};

const MAX: u32 = Start::DEFAULT_MAX;
const RECORD: &str = ".app.selfup-record";

fn id(version: &str) -> Id {
    Id::of(&probe_script(version)[..]).unwrap()
}

fn on_trial(target: &Target, max: u32) -> (Installed, u32) {
    match target.begin(max).unwrap() {
        Start::OnTrial { installed, starts } => (installed, starts),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_settled(target: &Target) {
    let start = target.begin(MAX).unwrap();
    assert!(matches!(start, Start::Settled), "{start:?}");
}

/// An executable that was installed, and whose installer is gone.
fn on_trial_here() -> (Sandbox, Target) {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    drop(install(&target, &probe_script("two")));
    (sandbox, target)
}

#[test]
fn a_start_where_nothing_is_on_trial_changes_nothing() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    // A lock, were it for an instant, would show.
    let touched = || {
        let directory = fs::metadata(sandbox.path()).unwrap();
        (directory.mtime(), directory.mtime_nsec())
    };
    let before = touched();
    assert_settled(&target);
    assert_eq!(touched(), before);
    target.refuse(id("bad"), "bad").unwrap();
    let before = touched();
    assert_settled(&target);
    assert_eq!(touched(), before);
}

#[test]
fn three_starts_without_surviving_bring_the_previous_one_back() {
    let (sandbox, target) = on_trial_here();
    for start in 1..=3 {
        let (installed, starts) = on_trial(&target, MAX);
        assert_eq!(starts, start);
        assert_eq!((installed.id(), installed.previous_id()), (id("two"), id("one")));
        assert!(installed.warning().is_none());
    }
    match target.begin(MAX).unwrap() {
        Start::RolledBack { refused, restored, starts } => {
            assert_eq!((refused, restored.id(), starts), (id("two"), id("one"), 3));
            assert!(restored.warning().is_none());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
    assert_settled(&target);

    let refusals = target.refusals().unwrap();
    let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!(refusal.id(), id("two"));
    assert_eq!(refusal.reason(), "it was started 3 times and never survived its probation");
    let age = SystemTime::now().duration_since(refusal.time()).unwrap();
    assert!(age < Duration::from_secs(3600), "{age:?}");
    assert_eq!(sandbox.names(), [RECORD, "app"]);
}

#[test]
fn how_many_starts_is_for_the_program_to_say() {
    for max in [0, 1] {
        let (_sandbox, target) = on_trial_here();
        for _ in 0..max {
            drop(on_trial(&target, max));
        }
        let start = target.begin(max).unwrap();
        assert!(matches!(start, Start::RolledBack { starts, .. } if starts == max), "{start:?}");
    }
}

#[test]
fn the_first_to_survive_ends_the_trial_for_all() {
    let (sandbox, target) = on_trial_here();
    let (first, _) = on_trial(&target, MAX);
    let (second, starts) = on_trial(&target, MAX);
    assert_eq!(starts, 2);
    second.commit().unwrap();
    assert_settled(&target);
    first.commit().unwrap();
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
    assert_eq!(target.roll_back().unwrap().id(), id("one"));
}

#[test]
fn a_rollback_by_one_process_is_not_undone_by_another() {
    let (sandbox, target) = on_trial_here();
    let (first, _) = on_trial(&target, MAX);
    let (second, _) = on_trial(&target, MAX);
    let (third, _) = on_trial(&target, MAX);
    first.roll_back("it crashed").unwrap();
    let failed = second.commit().unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["could not commit", "it crashed"]);
    let failed = third.roll_back("it crashed here too").unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["could not roll back"]);
    assert_eq!(target.refusals().unwrap()[0].reason(), "it crashed");
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
    assert_settled(&target);
}

#[test]
fn a_start_that_was_ended_by_order_does_not_count() {
    let (_sandbox, target) = on_trial_here();
    for _ in 0..5 {
        let (installed, starts) = on_trial(&target, MAX);
        assert_eq!(starts, 1);
        installed.forgive_start().unwrap();
        // A second call changes nothing.
        installed.forgive_start().unwrap();
    }
    drop(on_trial(&target, MAX));
    let (second, starts) = on_trial(&target, MAX);
    assert_eq!(starts, 2);
    second.forgive_start().unwrap();
    second.forgive_start().unwrap();
    assert_eq!(on_trial(&target, MAX).1, 2);
}

#[test]
fn the_installer_itself_was_no_start() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let installed = install(&target, &probe_script("two"));
    drop(on_trial(&target, MAX));
    installed.forgive_start().unwrap();
    assert_eq!(on_trial(&target, MAX).1, 2);
    installed.commit().unwrap();
    assert_settled(&target);
}

#[test]
fn a_trial_of_what_is_not_there_any_more_is_forgotten() {
    let (sandbox, target) = on_trial_here();
    drop(on_trial(&target, MAX));
    sandbox.put("app", &probe_script("by hand"), 0o755);
    assert_settled(&target);
    sandbox.put("app", &probe_script("two"), 0o755);
    assert_settled(&target);
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
}

#[test]
fn with_no_previous_executable_it_continues_and_warns() {
    let (sandbox, target) = on_trial_here();
    fs::remove_file(sandbox.join(".app.selfup-previous")).unwrap();
    let (installed, starts) = on_trial(&target, 0);
    assert_eq!(starts, 1);
    let warning = installed.warning().unwrap();
    assert_says(warning, ErrorKind::NoPrevious, &["none was kept"]);
    assert!(target.refusals().unwrap().is_empty());
    installed.commit().unwrap();
    assert_settled(&target);
}

#[test]
fn going_back_that_was_cut_short_is_taken_up_again() {
    let (sandbox, target) = on_trial_here();
    let record = fs::read_to_string(sandbox.join(RECORD)).unwrap();
    fs::write(sandbox.join(RECORD), format!("{record}refused {} 7 it crashed\n", id("two")))
        .unwrap();
    let start = target.begin(MAX).unwrap();
    assert!(matches!(start, Start::RolledBack { .. }), "{start:?}");
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
    assert_eq!(target.refusals().unwrap()[0].reason(), "it crashed");
}

#[test]
fn a_rollback_by_hand_is_a_refusal_and_ends_the_trial() {
    let (sandbox, target) = on_trial_here();
    target.roll_back().unwrap();
    let refusals = target.refusals().unwrap();
    assert_eq!((refusals[0].id(), refusals[0].reason()), (id("two"), "rolled back by hand"));
    assert_settled(&target);
    let record = fs::read_to_string(sandbox.join(RECORD)).unwrap();
    assert!(!record.contains("trial"), "{record}");
}

#[test]
fn a_refusal_stands_until_it_is_forgiven() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    assert!(!target.forgive(id("two")).unwrap());
    install(&target, &probe_script("two")).roll_back("it crashed\nat once").unwrap();
    target.refuse(id("three"), "a bad feeling").unwrap();
    let refusals_of = |target: &Target| -> Vec<_> {
        let refusals = target.refusals().unwrap();
        refusals.iter().map(|refusal| (refusal.id(), refusal.reason().to_owned())).collect()
    };
    let all = [(id("three"), "a bad feeling".into()), (id("two"), "it crashed at once".into())];
    assert_eq!(refusals_of(&target), all);
    assert_eq!(refusals_of(&Target::new(sandbox.app()).unwrap()), all);

    // Forgiven, or installed all the same.
    assert!(target.forgive(id("three")).unwrap());
    assert!(!target.forgive(id("three")).unwrap());
    assert_eq!(refusals_of(&target), all[1..]);
    install(&target, &probe_script("two")).commit().unwrap();
    assert_eq!(refusals_of(&target), []);
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
}

#[test]
fn what_has_not_proved_itself_is_not_kept_to_go_back_to() {
    let (sandbox, target) = on_trial_here();
    let three = install(&target, &probe_script("three"));
    assert_eq!(three.previous_id(), id("one"));
    assert_eq!(target.previous().unwrap().id().unwrap(), id("one"));
    assert_eq!(three.roll_back("it crashed").unwrap().id(), id("one"));
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));

    // The new executable equals the previous one: the one it replaces is kept.
    drop(install(&target, &probe_script("two")));
    let one = install(&target, &probe_script("one"));
    assert_eq!(one.previous_id(), id("two"));
    assert_eq!(one.roll_back("it crashed").unwrap().id(), id("two"));
}

#[test]
fn a_record_that_makes_no_sense_is_no_reason_not_to_start() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let record = sandbox.join(RECORD);
    for nonsense in [&b"\xff\0trial\ntrial 1 2 3\nrefused"[..], b"", &[b'x'; 1 << 20]] {
        fs::write(&record, nonsense).unwrap();
        assert_settled(&target);
        assert!(target.refusals().unwrap().is_empty());
    }
    // The record is not lost for good.
    target.refuse(id("two"), "bad").unwrap();
    assert_eq!(target.refusals().unwrap().len(), 1);

    // A FIFO does not block, and no link is followed.
    fs::remove_file(&record).unwrap();
    nix::unistd::mkfifo(&record, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_settled(&target);
    fs::remove_file(&record).unwrap();
    symlink("/etc/passwd", &record).unwrap();
    let error = target.begin(MAX).unwrap_err();
    assert_says(&error, ErrorKind::Io, &["could not read", RECORD]);
    target.refuse(id("two"), "bad").unwrap_err();
    assert_eq!(fs::read_link(&record).unwrap().to_str(), Some("/etc/passwd"));
}

/// A lock ends with its holder, however that ends; until then it is waited for.
#[test]
fn a_process_killed_in_the_middle_of_a_change_blocks_no_other() {
    if !has_program("flock") {
        return;
    }
    let (sandbox, target) = on_trial_here();
    let turn = sandbox.join(".app.selfup-turn");
    let mut command = Command::new("flock");
    let mut holder = spawn(command.arg("--no-fork").arg(&turn).args(["sleep", "60"]));
    wait_until("the lock is held", || {
        let status = Command::new("flock").arg("--nonblock").arg(&turn).arg("true").status();
        !status.unwrap().success()
    });
    thread::scope(|scope| {
        let start = scope.spawn(|| on_trial(&target, MAX));
        let waits = poll(&mut [], 100_u8).is_ok() && !start.is_finished();
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(waits);
        assert_eq!(start.join().unwrap().1, 1);
    });
    assert_eq!(sandbox.names(), [".app.selfup-previous", RECORD, "app"]);
}

/// A bad executable that has filled the disk is still replaced.
#[test]
fn a_full_disk_does_not_keep_anybody_from_going_back() {
    if !is_root("a_full_disk_does_not_keep_anybody_from_going_back") {
        return;
    }
    let (sandbox, _target) = on_trial_here();
    fs::create_dir(sandbox.join("m")).unwrap();
    let (from, recover) = (sandbox.path().display(), example("recover"));
    let line = format!(
        "mount -t tmpfs -o size=64k none {from}/m; cp -p {from}/app {from}/.app* {from}/m; \
         cat /dev/zero > {from}/m/full 2> /dev/null || true; \
         {0} {from}/m/app begin; grep -q 'trial.* 1$' {from}/m/.app.selfup-record; \
         {0} {from}/m/app roll_back; cmp {from}/m/app {from}/.app.selfup-previous",
        recover.display()
    );
    let output = Command::new("unshare").args(["-m", "sh", "-ec", &line]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_installer_at_work_does_not_prevent_a_rollback() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let mine = install(&target, &probe_script("two"));
    let staged = support::staged(&target, &probe_script("three"));
    drop(on_trial(&target, MAX));
    mine.roll_back("it crashed").unwrap();
    let verified = staged.verify(selfup_install::Checks::new()).unwrap();
    let failed = verified.install().unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["when the lock was taken"]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}
