//! Tests the place of the target: links, modes, owners, attributes, mounts, permissions.
#![allow(clippy::print_stderr, reason = "a test says what it leaves out")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use selfup_install::{Checks, ErrorKind, Expected, Target, Warning};
use support::{Sandbox, assert_says, install, is_root, probe_script, spawn, staged};

const NOBODY: u32 = 65534;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Runs a shell command line, as root in mounts of its own or as another user, with `content` on its
/// standard input.
fn shell(line: &str, user: Option<u32>, content: &[u8]) -> Output {
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", line]);
    if let Some(user) = user {
        command = Command::new("sh");
        command.args(["-ec", line]).uid(user).gid(user);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command);
    // The shell may end without reading.
    child.stdin.take().unwrap().write_all(content).ok();
    child.wait_with_output().unwrap()
}

/// Checked beforehand: the artifact itself would be refused if it were read.
#[track_caller]
fn assert_refused_beforehand(line: &str, user: Option<u32>, words: &[&str]) {
    assert_refused(&shell(line, user, b"<html>"), words);
}

#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

#[test]
fn only_a_regular_file_is_a_target() {
    let sandbox = Sandbox::new();
    let kind = |name: &str| Target::new(sandbox.join(name)).unwrap_err();
    assert_says(&kind("none"), ErrorKind::NotFound, &["none", "no such file"]);
    symlink("nowhere", sandbox.join("dangling")).unwrap();
    assert_says(&kind("dangling"), ErrorKind::NotFound, &["a link to nowhere"]);
    symlink("loop", sandbox.join("loop")).unwrap();
    assert_says(&kind("loop"), ErrorKind::Io, &["could not follow"]);
    fs::create_dir(sandbox.join("folder")).unwrap();
    assert_says(&kind("folder"), ErrorKind::NotRegular, &["a directory"]);
    nix::unistd::mkfifo(&sandbox.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_says(&kind("fifo"), ErrorKind::NotRegular, &["a FIFO"]);
    let _socket = UnixListener::bind(sandbox.join("socket")).unwrap();
    assert_says(&kind("socket"), ErrorKind::NotRegular, &["a socket"]);
    assert_says(&Target::new("/dev/null").unwrap_err(), ErrorKind::NotRegular, &["a device"]);
    assert_says(&kind("app/below"), ErrorKind::Io, &["could not follow"]);

    // And stays one: a FIFO in its place does not block.
    let target = sandbox.target();
    fs::remove_file(sandbox.app()).unwrap();
    nix::unistd::mkfifo(&sandbox.app(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_says(&target.preflight().unwrap_err(), ErrorKind::NotRegular, &["a FIFO"]);
    assert_says(&target.stage(Expected::new()).unwrap_err(), ErrorKind::NotRegular, &["a FIFO"]);
}

#[test]
fn links_stay_and_what_they_point_to_is_replaced() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("bin")).unwrap();
    symlink("../app", sandbox.join("bin/relative")).unwrap();
    let link = sandbox.join("link");
    symlink(sandbox.join("bin/relative"), &link).unwrap();

    let target = Target::new(&link).unwrap();
    assert_eq!(target.path(), link);
    assert_eq!(target.resolved(), fs::canonicalize(sandbox.app()).unwrap());
    install(&target, &probe_script("two")).commit().unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::read(&link).unwrap(), probe_script("two"));
    assert!(sandbox.app().symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read_dir(sandbox.join("bin")).unwrap().count(), 1);
}

#[test]
fn a_link_that_leads_elsewhere_meanwhile_is_noticed() {
    let sandbox = Sandbox::new();
    sandbox.put("other", &probe_script("other"), 0o755);
    let link = sandbox.join("link");
    symlink("app", &link).unwrap();
    let target = Target::new(&link).unwrap();
    let verified = staged(&target, &probe_script("two")).verify(Checks::new()).unwrap();
    fs::remove_file(&link).unwrap();
    symlink("other", &link).unwrap();
    let failed = verified.install().unwrap_err();
    assert_says(&failed.error, ErrorKind::TargetChanged, &["leads to", "other"]);
    drop(failed);
    assert_says(&target.preflight().unwrap_err(), ErrorKind::TargetChanged, &[]);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("one"));
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let sandbox = Sandbox::new();
    fs::hard_link(sandbox.app(), sandbox.join("twin")).unwrap();
    fs::create_dir(sandbox.join("elsewhere")).unwrap();
    fs::hard_link(sandbox.app(), sandbox.join("elsewhere/triplet")).unwrap();
    let installed = install(&sandbox.target(), &probe_script("two"));
    let [warning] = installed.warnings() else { panic!("{:?}", installed.warnings()) };
    let text = warning.to_string();
    assert!(matches!(warning, Warning::OtherNames { count: 2, beside, .. } if beside.len() == 1));
    assert!(text.contains("2 more hard links") && text.ends_with("/twin"), "{text}");
    installed.commit().unwrap();
    assert_eq!(fs::read(sandbox.join("twin")).unwrap(), probe_script("one"));
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
    // The one name there is now, and the one for the previous executable, are no reason to warn.
    let installed = install(&sandbox.target(), &probe_script("three"));
    assert!(installed.warnings().is_empty(), "{:?}", installed.warnings());
    installed.commit().unwrap();
}

#[test]
fn the_mode_is_the_targets_also_its_setuid_bits() {
    for wanted in [0o755, 0o700, 0o511, 0o4755, 0o2755, 0o6711] {
        let sandbox = Sandbox::new();
        sandbox.put("app", &probe_script("one"), wanted);
        install(&sandbox.target(), &probe_script("two")).commit().unwrap();
        assert_eq!(mode(&sandbox.app()), wanted, "{wanted:o}");
    }
}

#[test]
fn the_staged_file_belongs_to_this_process_alone() {
    let sandbox = Sandbox::new();
    let staged = staged(&sandbox.target(), &probe_script("two"));
    let path = sandbox.join(&sandbox.temporaries()[0]);
    assert_eq!(mode(&path), 0o600);
    let verified = staged.verify(Checks::new()).unwrap();
    assert_eq!(mode(&path), 0o700);
    drop(verified);
}

#[test]
fn the_umask_does_not_matter() {
    for umask in ["0777", "0000"] {
        let sandbox = Sandbox::new();
        let installer = sandbox.example("install");
        let line =
            format!("umask {umask}; exec {} {}", installer.display(), sandbox.app().display());
        let user = nix::unistd::geteuid().is_root().then_some(NOBODY);
        if user.is_some() {
            chown(sandbox.path(), user, user).unwrap();
            chown(sandbox.app(), user, user).unwrap();
        }
        let output =
            shell(&line, user.or(Some(nix::unistd::geteuid().as_raw())), &probe_script("two"));
        assert!(output.status.success(), "{output:?}");
        assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
        assert_eq!(mode(&sandbox.app()), 0o755);
        assert_eq!(sandbox.names(), [".app.selfup-previous", "app", "install"]);
    }
}

#[test]
fn the_owner_is_kept_or_the_upgrade_refused() {
    if !is_root("the_owner_is_kept_or_the_upgrade_refused") {
        return;
    }
    let sandbox = Sandbox::new();
    chown(sandbox.app(), Some(1234), Some(5678)).unwrap();
    fs::set_permissions(sandbox.app(), PermissionsExt::from_mode(0o6755)).unwrap();
    install(&sandbox.target(), &probe_script("two")).commit().unwrap();
    let metadata = fs::metadata(sandbox.app()).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1234, 5678));
    assert_eq!(mode(&sandbox.app()), 0o6755);

    // The user nobody may write to the directory, but not give files away.
    fs::set_permissions(sandbox.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let installer = sandbox.example("install");
    let line = format!("exec {} {}", installer.display(), sandbox.app().display());
    assert_refused_beforehand(
        &line,
        Some(NOBODY),
        &["could not keep the owner 1234:5678", "as root"],
    );
    assert_eq!(sandbox.names(), [".app.selfup-previous", "app", "install"]);
}

#[test]
fn an_unwritable_directory_is_found_out_before_anything_is_read() {
    if !is_root("an_unwritable_directory_is_found_out_before_anything_is_read") {
        return;
    }
    let sandbox = Sandbox::new();
    let installer = sandbox.example("install");
    let line = format!("exec {} {}", installer.display(), sandbox.app().display());
    assert_refused_beforehand(
        &line,
        Some(NOBODY),
        &["could not lock", "permission denied; run as"],
    );

    // Sticky, like /tmp: a file can be made, but the file of another user cannot be replaced.
    fs::set_permissions(sandbox.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    assert_refused_beforehand(&line, Some(NOBODY), &["sticky"]);
    assert_eq!(sandbox.names(), ["app", "install"]);
}

#[test]
fn mounts_are_distinguished() {
    if !is_root("mounts_are_distinguished") {
        return;
    }
    let sandbox = Sandbox::new();
    let installer = sandbox.example("install");
    fs::create_dir(sandbox.join("m")).unwrap();
    let (mount, installer) = (sandbox.join("m"), installer.display());
    let mount = mount.display();
    let prepare =
        format!("mount -t tmpfs none {mount}; cp -p {} {mount}/app;", sandbox.app().display());

    let line = format!("{prepare} mount -o remount,ro {mount}; exec {installer} {mount}/app");
    assert_refused_beforehand(&line, None, &["mounted read-only"]);
    let line = format!("{prepare} mount -o remount,noexec {mount}; exec {installer} {mount}/app");
    assert_refused_beforehand(&line, None, &["mounted noexec"]);
    let line = format!(
        "{prepare} mount --bind {mount}/app {mount}/app; {installer} {mount}/app || \
         {{ ls -A {mount} >&2; exit 1; }}"
    );
    let output = shell(&line, None, b"<html>");
    assert_refused(&output, &["a mount point", "instead of the single file"]);
    assert!(output.stderr.ends_with(b"\napp\n"), "{output:?}");
    let line = format!("{prepare} {installer} {mount}/app; ls -A {mount} >&2");
    let output = shell(&line, None, &probe_script("two"));
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.ends_with(b"\n.app.selfup-previous\napp\n"), "{output:?}");
}

#[test]
fn a_full_disk_is_a_clear_error_and_leaves_nothing() {
    if !is_root("a_full_disk_is_a_clear_error_and_leaves_nothing") {
        return;
    }
    let sandbox = Sandbox::new();
    let (installer, app) = (sandbox.example("install"), sandbox.app());
    fs::create_dir(sandbox.join("m")).unwrap();
    let mount = sandbox.join("m");
    let mount = mount.display();
    let line = format!(
        "mount -t tmpfs -o size=64k none {mount}; cp -p {} {mount}/app; \
         head -c 200000 /dev/zero 2>/dev/null | {} {mount}/app || {{ ls -A {mount} >&2; exit 1; }}",
        app.display(),
        installer.display()
    );
    let output = shell(&line, None, &probe_script("two"));
    assert_refused(&output, &["could not write", "no space left"]);
    assert!(output.stderr.ends_with(b"\napp\n"), "{output:?}");
}

#[test]
fn a_disk_is_not_filled_whether_the_size_is_known_or_not() {
    if !is_root("a_disk_is_not_filled_whether_the_size_is_known_or_not") {
        return;
    }
    let sandbox = Sandbox::new();
    let (installer, app) = (sandbox.example("install"), sandbox.app());
    fs::create_dir(sandbox.join("m")).unwrap();
    let mount = sandbox.join("m");
    let mount = mount.display();
    // The file would fit, and leave less than 5 % free.
    let line = format!(
        "mount -t tmpfs -o size=40000k none {mount}; cp -p {} {mount}/app; \
         head -c 40300000 /dev/zero 2>/dev/null | {} {mount}/app || {{ ls -A {mount} >&2; exit 1; }}",
        app.display(),
        installer.display()
    );
    let output = shell(&line, None, &probe_script("two"));
    assert_refused(&output, &["no space left", "are kept for others", "free some"]);
    assert!(output.stderr.ends_with(b"\napp\n"), "{output:?}");
}

#[test]
fn promised_space_is_reserved_before_the_first_byte() {
    let sandbox = Sandbox::new();
    // More than any disk has, less than a file may have on the usual ones.
    let size = 1 << 43;
    let mut staged = sandbox.target().stage(Expected::new().size_cap(size).size(size)).unwrap();
    let mut reader = Untouchable;
    let error = staged.write(&mut reader, &mut |_| ()).unwrap_err();
    assert_says(&error, ErrorKind::NoSpace, &["could not reserve 8796093022208 bytes"]);
    assert!(error.is_transient());
}

struct Untouchable;

impl std::io::Read for Untouchable {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        panic!("read before space was reserved")
    }
}

#[test]
fn an_immutable_target_is_refused_beforehand() {
    if !is_root("an_immutable_target_is_refused_beforehand") {
        return;
    }
    let sandbox = Sandbox::new();
    let chattr = |change: &str| {
        Command::new("chattr")
            .arg(change)
            .arg(sandbox.app())
            .status()
            .is_ok_and(|end| end.success())
    };
    if !chattr("+i") {
        eprintln!("left out, because chattr does not work here");
        return;
    }
    let error = sandbox.target().preflight().unwrap_err();
    // The swap itself fails with the same kind, and gives the verified file back.
    let failed =
        staged(&sandbox.target(), &probe_script("two")).verify(Checks::new()).unwrap().install();
    assert!(chattr("-i"));
    assert_says(&error, ErrorKind::NotWritable, &["immutable", "chattr"]);
    let failed = failed.unwrap_err();
    assert_eq!(failed.error.kind(), ErrorKind::NotWritable, "{failed}");
    drop(failed);
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
#[cfg(target_os = "linux")]
fn extended_attributes_and_capabilities_are_carried_over() {
    if !is_root("extended_attributes_and_capabilities_are_carried_over") {
        return;
    }
    let sandbox = Sandbox::new();
    let app = sandbox.app();
    let python = |code: &str| {
        let app = format!("app = {:?}\n", app.to_str().unwrap());
        let output =
            Command::new("python3").arg("-c").arg(format!("import os\n{app}{code}")).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // A change of owner takes capabilities away, so it has to come first.
    chown(&app, Some(1234), Some(5678)).unwrap();
    python(
        "os.setxattr(app, 'user.note', b'kept')\n\
         os.setxattr(app, 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))\n\
         os.setxattr(app, 'system.posix_acl_access', bytes.fromhex(\
         '0200000001000700ffffffff02000700d204000004000500ffffffff10000700ffffffff20000500ffffffff'))",
    );
    let all = "print(sorted((name, os.getxattr(app, name).hex()) for name in os.listxattr(app)))";
    let before = (python(all), mode(&app));
    assert!(before.0.contains("capability") && before.0.contains("acl"), "{before:?}");
    install(&sandbox.target(), &probe_script("two")).commit().unwrap();
    assert_eq!((python(all), mode(&app)), before);

    // What the directory would give to new files is not given to the new executable.
    python("os.removexattr(app, 'system.posix_acl_access')");
    python(
        "os.setxattr(os.path.dirname(app), 'system.posix_acl_default', bytes.fromhex(\
         '0200000001000700ffffffff02000700d204000004000500ffffffff10000700ffffffff20000500ffffffff'))",
    );
    let before = python(all);
    install(&sandbox.target(), &probe_script("three")).commit().unwrap();
    assert_eq!(python(all), before);
}
