//! Tests files that other users put beside a target, and what an old version may still do.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use selfup_install::{ErrorKind, Start, Target};
use support::{Sandbox, assert_says, has_program, install, is_root, probe_script, script};

const NOBODY: u32 = 65534;

/// Root's executable in a directory like `/tmp`.
fn for_everybody() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::set_permissions(sandbox.path(), Permissions::from_mode(0o1777)).unwrap();
    sandbox
}

/// Writes a file as the user nobody.
fn plant(sandbox: &Sandbox, name: &str, content: &str, mode: &str) {
    let line = "printf '%s' \"$1\" > \"$0\" && chmod \"$2\" \"$0\"";
    let mut command = Command::new("sh");
    command.args(["-c", line]).arg(sandbox.join(name)).args([content, mode]);
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn sha1(path: &Path) -> String {
    Target::new(path).unwrap().id().unwrap().to_string()
}

fn is_untouched(sandbox: &Sandbox) {
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn files_planted_by_another_user_are_neither_trusted_nor_executed() {
    if !is_root("files_planted_by_another_user_are_neither_trusted_nor_executed") {
        return;
    }
    let sandbox = for_everybody();
    let target = sandbox.target();
    plant(&sandbox, ".app.selfup-previous", "#!/bin/sh\n: evil\n", "755");
    let (here, evil) = (sha1(&sandbox.app()), sha1(&sandbox.join(".app.selfup-previous")));
    let token = "0123456789aZ";
    let record =
        format!("trial {here} {evil} 9\ncandidate {token} {evil} {here} 0\nrefused {evil} 1 x\n");
    plant(&sandbox, ".app.selfup-record", &record, "644");
    plant(&sandbox, &format!(".app.selfup-trial-{token}"), "#!/bin/sh\n: evil\n", "755");

    assert!(matches!(target.begin(3).unwrap(), Start::Settled));
    is_untouched(&sandbox);
    assert!(target.refusals().unwrap().is_empty());
    assert!(target.previous().is_none());
    let words = ["what is there in its stead is ignored: it belongs to uid 65534"];
    assert_says(&target.roll_back().unwrap_err(), ErrorKind::NoPrevious, &words);
    is_untouched(&sandbox);
    let doubted = target.doubted().unwrap();
    assert_eq!(doubted.len(), 3, "{doubted:?}");
    assert!(doubted[0].contains(".app.selfup-previous is ignored: it belongs to uid 65534"));

    // What is installed is kept all the same, and can be gone back from.
    let installed = install(&target, &probe_script("two"));
    assert_eq!(target.previous().unwrap().id().unwrap().to_string(), here);
    installed.roll_back("it crashed").unwrap();
    is_untouched(&sandbox);
}

#[test]
fn files_that_all_users_may_write_to_are_not_trusted_whatever_their_owner() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    drop(install(&target, &probe_script("two")));
    assert!(target.previous().is_some() && target.doubted().unwrap().is_empty());
    for name in [".app.selfup-previous", ".app.selfup-record"] {
        fs::set_permissions(sandbox.join(name), Permissions::from_mode(0o666)).unwrap();
    }
    assert!(target.previous().is_none());
    assert!(matches!(target.begin(0).unwrap(), Start::Settled));
    let doubted = target.doubted().unwrap();
    assert!(doubted[0].contains("others than its owner may write to it (mode 666)"), "{doubted:?}");
    // A user who may write to the target may write to these.
    fs::set_permissions(sandbox.app(), Permissions::from_mode(0o777)).unwrap();
    assert!(target.previous().is_some() && target.doubted().unwrap().is_empty());
}

#[test]
fn the_owner_of_the_target_is_believed() {
    if !is_root("the_owner_of_the_target_is_believed") {
        return;
    }
    let sandbox = for_everybody();
    let target = sandbox.target();
    let installed = install(&target, &probe_script("two"));
    for name in ["app", ".app.selfup-previous", ".app.selfup-record"] {
        chown(sandbox.join(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    installed.roll_back("it crashed").unwrap();
    is_untouched(&sandbox);
    assert_eq!(fs::metadata(sandbox.app()).unwrap().uid(), NOBODY);
}

#[test]
fn a_swap_that_never_was_does_not_cost_the_previous_one() {
    if !is_root("a_swap_that_never_was_does_not_cost_the_previous_one") {
        return;
    }
    let sandbox = for_everybody();
    let target = sandbox.target();
    install(&target, &probe_script("two")).commit().unwrap();
    plant(&sandbox, ".app.selfup-replaced", "#!/bin/sh\n: evil\n", "755");
    target.roll_back().unwrap();
    is_untouched(&sandbox);
    assert!(!sandbox.join(".app.selfup-replaced").exists());
}

#[test]
fn a_lock_file_of_another_user_locks_no_process_out() {
    if !is_root("a_lock_file_of_another_user_locks_no_process_out") {
        return;
    }
    let sandbox = for_everybody();
    let target = sandbox.target();
    let mut held = Vec::new();
    for name in [".app.selfup-lock", ".app.selfup-turn"] {
        plant(&sandbox, name, "1\n", "666");
        let file = OpenOptions::new().read(true).open(sandbox.join(name)).unwrap();
        assert!(lock(&file));
        held.push(file);
    }
    target.preflight().unwrap();
    drop(install(&target, &probe_script("two")));
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
    drop(held);
}

#[expect(deprecated, reason = "the descriptor stays a file's")]
fn lock(file: &File) -> bool {
    nix::fcntl::flock(file.as_raw_fd(), nix::fcntl::FlockArg::LockExclusiveNonblock).is_ok()
}

#[test]
fn an_old_version_loses_its_privileges_and_gets_them_back_with_its_place() {
    if !is_root("an_old_version_loses_its_privileges") || !has_program("setcap") {
        return;
    }
    let capability = "cap_net_bind_service=ep";
    for (mode, with_capability) in [(0o6755, false), (0o755, true), (0o4711, true)] {
        let sandbox = Sandbox::new();
        fs::set_permissions(sandbox.app(), Permissions::from_mode(mode)).unwrap();
        if with_capability {
            let set = Command::new("setcap").arg(capability).arg(sandbox.app()).status().unwrap();
            assert!(set.success());
        }
        let capabilities = |name: &str| {
            let output = Command::new("getcap").arg(sandbox.join(name)).output().unwrap();
            String::from_utf8(output.stdout).unwrap().contains(capability)
        };
        let mode_of = |name: &str| fs::metadata(sandbox.join(name)).unwrap().mode() & 0o7777;
        let previous = ".app.selfup-previous";

        let installed = install(&sandbox.target(), &probe_script("two"));
        assert!(installed.warning().is_none(), "{:?}", installed.warning());
        assert_eq!((mode_of("app"), capabilities("app")), (mode, with_capability));
        assert_eq!((mode_of(previous), capabilities(previous)), (mode & 0o744, false));
        let restored = installed.roll_back("it crashed").unwrap();
        assert!(restored.warning().is_none(), "{:?}", restored.warning());
        assert_eq!((mode_of("app"), capabilities("app")), (mode, with_capability));
        is_untouched(&sandbox);
    }
}

#[test]
fn other_names_of_an_old_version_keep_their_privileges() {
    let sandbox = Sandbox::new();
    fs::set_permissions(sandbox.app(), Permissions::from_mode(0o4755)).unwrap();
    fs::hard_link(sandbox.app(), sandbox.join("other")).unwrap();
    drop(install(&sandbox.target(), &probe_script("two")));
    let mode_of = |name: &str| fs::metadata(sandbox.join(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode_of("other"), mode_of("app")), (0o4755, 0o4755));
    assert_eq!(mode_of(".app.selfup-previous"), 0o744);
    assert_eq!(fs::read(sandbox.join(".app.selfup-previous")).unwrap(), probe_script("one"));
}

#[test]
fn a_previous_one_can_be_executed_again_where_nothing_is_left_to_go_by() {
    let sandbox = Sandbox::new();
    install(&sandbox.target(), &probe_script("two")).commit().unwrap();
    let target = sandbox.target();
    fs::remove_file(sandbox.app()).unwrap();
    target.roll_back().unwrap();
    assert_eq!(fs::metadata(sandbox.app()).unwrap().mode() & 0o7777, 0o755);
    is_untouched(&sandbox);
}

#[test]
fn what_another_container_holds_is_not_taken_for_ours_by_its_pid() {
    let sandbox = Sandbox::new();
    // As another process of the same number has it.
    let note = format!("{} {:032x}\n", std::process::id(), 7);
    sandbox.put(".app.selfup-lock", note.as_bytes(), 0o600);
    let staged = ".app.selfup-new-0123456789aZ";
    sandbox.put(staged, &script(": half"), 0o600);
    sandbox.target().abandon();
    assert!(sandbox.join(staged).exists() && sandbox.join(".app.selfup-lock").exists());
    sandbox.put(".app.selfup-lock", format!("{}\n", std::process::id()).as_bytes(), 0o600);
    sandbox.target().abandon();
    assert!(sandbox.join(staged).exists() && sandbox.join(".app.selfup-lock").exists());

    // Files that belong to this process are removed.
    fs::remove_file(sandbox.join(staged)).unwrap();
    let mine = support::staged(&sandbox.target(), &probe_script("two"));
    sandbox.target().abandon();
    assert_eq!(sandbox.names(), ["app"]);
    drop(mine);
}
