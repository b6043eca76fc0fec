//! Tests each step of an installation and of its rollback.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use selfup_install::{Checks, ErrorKind, Expected, Id, Target};
use support::{Sandbox, assert_says, install, probe_script, script, staged};

#[test]
fn the_new_executable_takes_the_place_and_the_old_one_is_kept() {
    let sandbox = Sandbox::new();
    let (one, two) = (probe_script("one"), probe_script("two"));
    let target = sandbox.target();
    target.preflight().unwrap();
    assert!(target.previous().is_none());

    let installed = install(&target, &two);
    assert_eq!(fs::read(sandbox.app()).unwrap(), two);
    assert_eq!(installed.id(), Id::of(&two[..]).unwrap());
    assert_eq!(installed.previous_id(), Id::of(&one[..]).unwrap());
    assert!(installed.warning().is_none());
    installed.commit().unwrap();

    let previous = target.previous().unwrap();
    assert_eq!(previous.id().unwrap(), Id::of(&one[..]).unwrap());
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
}

#[test]
fn at_no_instant_is_the_path_empty_or_half() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let versions = ["one", "two"].map(probe_script);
    let (path, known) = (sandbox.app(), versions.clone());
    let (done, watching) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let mut reads = 0_u32;
        while watching.try_recv() == Err(mpsc::TryRecvError::Empty) {
            let file = fs::File::open(&path).expect("there is always an executable");
            // One that has just been laid aside loses what only an executable in place needs.
            let has_lost = || file.metadata().unwrap().mode() & 0o7777 != 0o755;
            let is_there = || fs::metadata(&path).unwrap().ino() == file.metadata().unwrap().ino();
            assert!(!has_lost() || !is_there() || !has_lost());
            let mut found = Vec::new();
            (&file).read_to_end(&mut found).unwrap();
            assert!(known.contains(&found));
            reads += 1;
        }
        reads
    });
    for round in 0..60 {
        let verified = || {
            let staged = staged(&target, &versions[(round + 1) % 2]);
            staged.verify(Checks::new().probe(None)).unwrap()
        };
        verified().install().unwrap().roll_back("it failed").unwrap();
        verified().install().unwrap().commit().unwrap();
    }
    drop(done);
    assert!(reader.join().unwrap() > 0);
}

#[test]
fn nothing_stays_of_what_is_dropped() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    drop(target.stage(Expected::new()).unwrap());
    drop(staged(&target, &probe_script("two")));
    drop(staged(&target, &probe_script("two")).verify(Checks::new()).unwrap());
    assert_eq!(sandbox.names(), ["app"]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn its_files_are_listed_for_a_process_that_has_to_end_at_once() {
    let sandbox = Sandbox::new();
    let staged = staged(&sandbox.target(), &probe_script("two"));
    let files = staged.files();
    assert!(files.iter().all(|file| file.exists()), "{files:?}");
    // As at the end of a process: nothing is dropped.
    let _never_dropped = std::mem::ManuallyDrop::new(staged);
    files.iter().for_each(|file| fs::remove_file(file).unwrap());
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn what_is_abandoned_is_gone_and_another_process_s_stays() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let _never_dropped =
        std::mem::ManuallyDrop::new(staged(&sandbox.target(), &probe_script("two")));
    target.abandon();
    assert_eq!(sandbox.names(), ["app"]);

    sandbox.put(".app.selfup-new-0123456789ab", b"", 0o600);
    sandbox.put(".app.selfup-lock", b"1\n", 0o600);
    target.abandon();
    assert_eq!(sandbox.names().len(), 3, "{:?}", sandbox.names());
}

#[test]
fn equal_ids_mean_up_to_date_and_are_not_installed() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let same = staged(&target, &probe_script("one"));
    assert_eq!(same.id(), same.present());
    assert_eq!(same.id(), target.id().unwrap());
    let failed = same.verify(Checks::new()).unwrap().install().unwrap_err();
    assert_says(&failed.error, ErrorKind::AlreadyInstalled, &["app", "already"]);
    drop(failed);
    assert!(target.previous().is_none());
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn roll_back_returns_to_the_previous_executable() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let inode = fs::metadata(sandbox.app()).unwrap().ino();
    let restored = install(&target, &probe_script("two")).roll_back("it failed").unwrap();
    assert_eq!(restored.id(), Id::of(&probe_script("one")[..]).unwrap());
    assert!(restored.warning().is_none());
    assert_eq!(fs::metadata(sandbox.app()).unwrap().ino(), inode);
    assert_eq!(sandbox.names(), [".app.selfup-record", "app"]);
    assert_says(&target.roll_back().unwrap_err(), ErrorKind::NoPrevious, &["none was kept"]);
}

#[test]
fn roll_back_undoes_only_its_own_installation() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let mine = install(&target, &probe_script("two"));
    install(&target, &probe_script("three")).commit().unwrap();
    let failed = mine.roll_back("it failed").unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["could not roll back"]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("three"));

    // Nor is a step repeated that another process has done.
    target.roll_back().unwrap();
    let failed = failed.installed.roll_back("it failed").unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["could not roll back"]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn roll_back_returns_only_to_the_replaced_executable() {
    let sandbox = Sandbox::new();
    let installed = install(&sandbox.target(), &probe_script("two"));
    sandbox.put(".app.selfup-previous", &probe_script("stranger"), 0o755);
    let failed = installed.roll_back("it failed").unwrap_err();
    assert_says(&failed.error, ErrorKind::NoPrevious, &["kept is"]);
    fs::remove_file(sandbox.join(".app.selfup-previous")).unwrap();
    let failed = failed.installed.roll_back("it failed").unwrap_err();
    assert_says(&failed.error, ErrorKind::NoPrevious, &["none was kept"]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
}

#[test]
fn rollback_works_by_call_in_another_process_life() {
    let sandbox = Sandbox::new();
    drop(install(&sandbox.target(), &probe_script("two")));
    let restored = sandbox.target().roll_back().unwrap();
    assert_eq!(restored.id(), Id::of(&probe_script("one")[..]).unwrap());
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn only_one_previous_is_kept() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    for version in ["two", "three", "four"] {
        install(&target, &probe_script(version)).commit().unwrap();
    }
    target.roll_back().unwrap();
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("three"));
}

#[test]
fn the_size_is_capped_and_compared() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let cap = |cap| Expected::new().size_cap(cap);

    let error = target.stage(cap(10).size(11)).unwrap_err();
    assert_says(&error, ErrorKind::TooLarge, &["11 bytes", "10 bytes"]);

    let mut staged = target.stage(cap(10)).unwrap();
    let error = staged.write(&mut io::repeat(0), &mut |_| ()).unwrap_err();
    assert_says(&error, ErrorKind::TooLarge, &["10 bytes"]);
    assert_eq!(staged.write(&mut io::repeat(0).take(10), &mut |_| ()).unwrap(), 10);
    drop(staged);

    let mut staged = target.stage(Expected::new().size(10)).unwrap();
    let short = staged.write(&mut io::repeat(0).take(9), &mut |_| ()).unwrap_err();
    assert_says(&short, ErrorKind::SizeMismatch, &["after 9 of 10 bytes"]);
    assert!(short.is_transient());
    let long = staged.write(&mut io::repeat(0), &mut |_| ()).unwrap_err();
    assert_says(&long, ErrorKind::SizeMismatch, &["longer than the 10 bytes"]);
    assert!(!long.is_transient());
}

#[test]
fn every_promised_digest_must_hold() {
    let sandbox = Sandbox::new();
    let abc: [&str; 2] = [
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
    ];
    let expected = abc.iter().fold(Expected::new(), |all, one| all.digest(one.parse().unwrap()));
    let mut staged = sandbox.target().stage(expected).unwrap();
    staged.write(&mut &b"abc"[..], &mut |_| ()).unwrap();
    let error = staged.write(&mut &b"abd"[..], &mut |_| ()).unwrap_err();
    assert_says(&error, ErrorKind::DigestMismatch, &["its digest is sha", "promised was sha"]);
}

/// A reader that returns its bytes, and then its error.
struct Breaking(&'static [u8], io::ErrorKind);

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(self.1.into()),
            length => Ok(length),
        }
    }
}

#[test]
fn a_broken_transfer_is_transient_and_can_be_repeated() {
    let sandbox = Sandbox::new();
    let mut staged = sandbox.target().stage(Expected::new()).unwrap();
    for (kind, transient) in [
        (io::ErrorKind::ConnectionReset, true),
        (io::ErrorKind::TimedOut, true),
        (io::ErrorKind::UnexpectedEof, true),
        (io::ErrorKind::InvalidData, false),
    ] {
        let mut reader = Breaking(b"longer than what comes after it", kind);
        let error = staged.write(&mut reader, &mut |_| ()).unwrap_err();
        assert_says(&error, ErrorKind::Source, &["after 31 bytes"]);
        assert_eq!(error.is_transient(), transient, "{kind}");
        let cause = std::error::Error::source(&error).unwrap();
        assert_eq!(cause.downcast_ref::<io::Error>().unwrap().kind(), kind);
        assert_eq!(staged.id(), Id::of(io::empty()).unwrap());
    }
    staged.write(&mut &probe_script("two")[..], &mut |_| ()).unwrap();
    let installed = staged.verify(Checks::new()).unwrap().install().unwrap();
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
    installed.commit().unwrap();
}

#[test]
fn half_a_transfer_is_not_verified() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let error = target.stage(Expected::new()).unwrap().verify(Checks::new()).unwrap_err();
    assert_says(&error, ErrorKind::Incomplete, &[]);
    let mut staged = target.stage(Expected::new()).unwrap();
    let mut reader = Breaking(b"#!/bin/sh\n", io::ErrorKind::TimedOut);
    staged.write(&mut reader, &mut |_| ()).unwrap_err();
    assert_says(&staged.verify(Checks::new()).unwrap_err(), ErrorKind::Incomplete, &[]);
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn progress_gets_the_total() {
    let sandbox = Sandbox::new();
    let mut staged = sandbox.target().stage(Expected::new().size(300_000)).unwrap();
    let mut reported = Vec::new();
    staged.write(&mut io::repeat(1).take(300_000), &mut |bytes| reported.push(bytes)).unwrap();
    assert!(reported.len() > 1 && reported.is_sorted(), "{reported:?}");
    assert_eq!(reported.last(), Some(&300_000));
}

#[test]
fn what_is_no_executable_is_refused_without_running_it() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    for (content, words) in [
        (&b""[..], "it is empty"),
        (b"<!DOCTYPE html><title>Log in</title>", "an HTML page"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "a gzip file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\xfd7zXZ\0", "an xz file"),
        (&own[..own.len() / 2], "is truncated"),
        (&own[..20], "is truncated"),
    ] {
        let error = staged(&target, content).verify(Checks::new()).unwrap_err();
        assert_says(&error, ErrorKind::NotExecutable, &["app", words]);
    }
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn pre_upgrade_sees_the_file_and_may_refuse_before_it_is_run() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let ran = sandbox.join("ran");
    let new = script(&format!(": > {}\nprintf '%s\\n' \"$SELFUP_BIN_CHECK\"", ran.display()));

    let mut seen = PathBuf::new();
    let mut hook = |path: &Path| {
        seen = path.to_owned();
        assert_eq!(fs::read(path)?, new);
        Err("not on a Friday".into())
    };
    let error = staged(&target, &new).verify(Checks::new().pre_upgrade(&mut hook)).unwrap_err();
    assert_says(&error, ErrorKind::Refused, &["pre_upgrade refused"]);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "not on a Friday");
    assert_eq!(seen.parent(), Some(fs::canonicalize(sandbox.path()).unwrap().as_path()));
    assert!(!ran.exists());

    let mut hook = |_: &Path| Ok(());
    let checks = Checks::new().pre_upgrade(&mut hook);
    drop(staged(&target, &new).verify(checks).unwrap());
    assert!(ran.exists());
}

#[test]
fn a_file_that_was_changed_or_exchanged_after_hashing_is_not_installed() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let temporary = || sandbox.join(&sandbox.temporaries()[0]);

    let written_to = |path: &Path| {
        let file = fs::OpenOptions::new().write(true).open(path)?;
        Ok(file.write_all_at(b"X", 12)?)
    };
    let exchanged = |path: &Path| {
        fs::remove_file(path)?;
        Ok(fs::write(path, probe_script("two"))?)
    };
    for change in [&written_to as &dyn Fn(&Path) -> Result<(), selfup_install::Cause>, &exchanged] {
        let verified = staged(&target, &probe_script("two")).verify(Checks::new()).unwrap();
        change(&temporary()).unwrap();
        let failed = verified.install().unwrap_err();
        assert_says(&failed.error, ErrorKind::Altered, &[".app.selfup-new-"]);
        drop(failed);

        let mut hook = |path: &Path| change(path);
        let checks = Checks::new().pre_upgrade(&mut hook);
        let result = staged(&target, &probe_script("two")).verify(checks);
        let error = match result {
            Ok(verified) => verified.install().unwrap_err().error,
            Err(error) => error,
        };
        assert_says(&error, ErrorKind::Altered, &[]);
    }
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn a_target_that_another_process_changed_is_left_alone() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let verified = || staged(&target, &probe_script("two")).verify(Checks::new()).unwrap();

    // The target is replaced by hand.
    let (mine, by_hand) = (verified(), sandbox.put("by-hand", &probe_script("three"), 0o755));
    fs::rename(by_hand, sandbox.app()).unwrap();
    let failed = mine.install().unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["when the lock was taken"]);
    drop(failed);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("three"));

    // Another process has installed the same bytes first.
    let (mine, by_hand) = (verified(), sandbox.put("by-hand", &probe_script("two"), 0o755));
    fs::rename(by_hand, sandbox.app()).unwrap();
    let failed = mine.install().unwrap_err();
    assert_says(&failed.error, ErrorKind::AlreadyInstalled, &[]);
    drop(failed);
    sandbox.put("app", &probe_script("one"), 0o755);

    // Only touched: still the same executable, and what changed is carried over.
    let mine = verified();
    sandbox.put("app", &probe_script("one"), 0o711);
    mine.install().unwrap().commit().unwrap();
    assert_eq!(fs::metadata(sandbox.app()).unwrap().mode() & 0o7777, 0o711);

    // Removed.
    sandbox.put("app", &probe_script("one"), 0o755);
    let mine = verified();
    fs::remove_file(sandbox.app()).unwrap();
    let failed = mine.install().unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &[]);
    drop(failed);
    assert!(!sandbox.app().exists());
}

#[test]
fn a_failed_installation_gives_itself_back_and_can_be_tried_again() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let verified = staged(&target, &probe_script("two")).verify(Checks::new()).unwrap();
    let aside = sandbox.join("aside");
    fs::rename(sandbox.app(), &aside).unwrap();
    let failed = verified.install().unwrap_err();
    fs::rename(&aside, sandbox.app()).unwrap();
    failed.verified.install().unwrap().commit().unwrap();
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
}

#[test]
fn two_in_one_process_are_busy_too() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let first = target.stage(Expected::new()).unwrap();
    let error = target.stage(Expected::new()).unwrap_err();
    assert_says(&error, ErrorKind::Busy, &[&format!("process {} ", std::process::id())]);
    assert!(error.is_transient());
    // The preflight does not warn of a busy target.
    target.preflight().unwrap();
    assert_eq!(sandbox.temporaries().len(), 1);
    drop(first);
    target.stage(Expected::new()).unwrap().verify(Checks::new()).unwrap_err();
}

#[test]
fn a_swap_that_was_cut_short_is_finished_or_forgotten() {
    let sandbox = Sandbox::new();
    let target: Target = sandbox.target();
    install(&target, &probe_script("two")).commit().unwrap();
    let replaced = sandbox.join(".app.selfup-replaced");
    let previous = || target.previous().unwrap().id().unwrap();
    let (one, two) = (probe_script("one"), probe_script("two"));

    // Before the rename: both names are the present executable.
    fs::hard_link(sandbox.app(), &replaced).unwrap();
    target.preflight().unwrap();
    assert_eq!(previous(), Id::of(&one[..]).unwrap());
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);

    // The same where links are copies.
    fs::copy(sandbox.app(), &replaced).unwrap();
    target.preflight().unwrap();
    assert_eq!(previous(), Id::of(&one[..]).unwrap());
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);

    // After the rename: it is the previous one.
    fs::rename(sandbox.app(), &replaced).unwrap();
    sandbox.put("app", &probe_script("three"), 0o755);
    target.preflight().unwrap();
    assert_eq!(previous(), Id::of(&two[..]).unwrap());
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app"]);
}
