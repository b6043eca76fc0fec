//! Tests that the attributes of an executable in the kernel are kept, or the upgrade is refused.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use support::{Sandbox, example, has_program, install, is_root, probe_script};

const NOBODY: u32 = 65534;

/// A directory of the user nobody with an executable of that user, and what would replace it.
fn of_nobody() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.put("new", &probe_script("two"), 0o644);
    for path in [sandbox.path(), &sandbox.app()] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    sandbox
}

/// Installs as the user nobody; the artifact comes from a file.
fn as_nobody(sandbox: &Sandbox) -> Output {
    let installer = sandbox.example("install");
    let mut command = Command::new(installer);
    command.arg(sandbox.app()).stdin(File::open(sandbox.join("new")).unwrap());
    command.uid(NOBODY).gid(NOBODY).output().unwrap()
}

fn output_of(program: &str, arguments: &[&str], sandbox: &Sandbox) -> String {
    let output = Command::new(program).args(arguments).arg(sandbox.app()).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn inode(sandbox: &Sandbox) -> u64 {
    fs::metadata(sandbox.app()).unwrap().ino()
}

#[test]
fn file_capabilities_are_preserved_or_the_installation_fails() {
    let name = "file_capabilities_are_preserved_or_the_installation_fails";
    if !is_root(name) || !has_program("setcap") {
        return;
    }
    let sandbox = of_nobody();
    let capability = "cap_net_bind_service=ep";
    let set = Command::new("setcap").arg(capability).arg(sandbox.app()).status().unwrap();
    assert!(set.success());
    let before = inode(&sandbox);
    let output = as_nobody(&sandbox);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("could not keep the file capabilities"), "{text}");
    assert!(text.contains("install as root"), "{text}");
    assert_eq!(inode(&sandbox), before);

    install(&sandbox.target(), &probe_script("two")).commit().unwrap();
    assert!(output_of("getcap", &[], &sandbox).contains(capability));
    assert_eq!(fs::metadata(sandbox.app()).unwrap().uid(), NOBODY);
}

#[test]
fn an_access_control_list_is_kept() {
    if !is_root("an_access_control_list_is_kept") || !has_program("setfacl") {
        return;
    }
    let sandbox = of_nobody();
    output_of("setfacl", &["-m", "user:1234:r-x,group:5678:---"], &sandbox);
    let list = || output_of("getfacl", &["--numeric", "--absolute-names"], &sandbox);
    let (before, inode_before) = (list(), inode(&sandbox));
    assert!(before.contains("user:1234:r-x"), "{before}");
    // The owner may install.
    let output = as_nobody(&sandbox);
    assert!(output.status.success(), "{output:?}");
    assert_ne!(inode(&sandbox), inode_before);
    assert_eq!(list(), before);
}

#[test]
fn a_setuid_bit_is_kept_by_its_owner() {
    if !is_root("a_setuid_bit_is_kept_by_its_owner") {
        return;
    }
    let sandbox = of_nobody();
    fs::set_permissions(sandbox.app(), Permissions::from_mode(0o4755)).unwrap();
    let output = as_nobody(&sandbox);
    assert!(output.status.success(), "{output:?}");
    let metadata = fs::metadata(sandbox.app()).unwrap();
    assert_eq!((metadata.mode() & 0o7777, metadata.uid()), (0o4755, NOBODY));

    // A group that is not theirs: the bit could not be kept, so nothing is done.
    chown(sandbox.app(), None, Some(5678)).unwrap();
    fs::set_permissions(sandbox.app(), Permissions::from_mode(0o2755)).unwrap();
    sandbox.put("new", &probe_script("three"), 0o644);
    let (before, output) = (inode(&sandbox), as_nobody(&sandbox));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("could not keep the owner 65534:5678"), "{text}");
    assert_eq!(inode(&sandbox), before);
}

/// Runs a shell line as root in mounts of its own; the target is `$1/m/app`.
fn in_own_mounts(line: &str, sandbox: &Sandbox) -> String {
    for directory in ["lower", "upper", "work", "m"] {
        fs::create_dir_all(sandbox.join(directory)).unwrap();
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", line, "sh"]).arg(sandbox.path());
    let output = command.arg(example("install")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stdout));
    text + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn a_target_of_a_lower_layer_is_replaced_in_the_upper_one() {
    if !is_root("a_target_of_a_lower_layer_is_replaced_in_the_upper_one") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.put("new", &probe_script("two"), 0o644);
    // An overlay on an overlay, as in a container, needs an upper layer of another kind.
    let line = "mount -t tmpfs none $1/upper; mkdir $1/upper/u $1/upper/w; cp -p $1/app $1/lower; \
                mount -t overlay none -o lowerdir=$1/lower,upperdir=$1/upper/u,workdir=$1/upper/w \
                $1/m; $2 $1/m/app < $1/new; cmp $1/m/app $1/new; cmp $1/lower/app $1/app; \
                cmp $1/m/.app.selfup-previous $1/app; ls -A $1/m";
    let printed = in_own_mounts(line, &sandbox);
    assert!(printed.ends_with("\n.app.selfup-previous\napp\n"), "{printed}");
}

#[test]
fn what_comes_may_be_on_another_file_system() {
    if !is_root("what_comes_may_be_on_another_file_system") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.put("new", &probe_script("two"), 0o644);
    let line = "mount -t tmpfs none $1/m; cp $1/new $1/m; $2 $1/app < $1/m/new; cmp $1/app $1/new";
    in_own_mounts(line, &sandbox);
    assert_eq!(fs::read(sandbox.app()).unwrap(), probe_script("two"));
}

#[test]
fn a_path_that_a_package_owns_is_warned_of() {
    if !is_root("a_path_that_a_package_owns_is_warned_of") {
        return;
    }
    if !fs::exists("/var/lib/dpkg/info").unwrap() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.put("new", &probe_script("two"), 0o644);
    // In a place that packages use: no package manager is asked about others.
    let line = "mount -t tmpfs none /var/lib/dpkg/info; mount -t tmpfs none /opt; cp $1/app /opt/app; \
                $2 /opt/app < $1/new; \
                printf '/.\\n/opt/app\\n' > /var/lib/dpkg/info/acme-app:amd64.list; \
                echo '# three' >> $1/new; echo now; $2 /opt/app < $1/new";
    let printed = in_own_mounts(line, &sandbox);
    let warnings: Vec<_> = printed.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 1, "{printed}");
    assert!(warnings[0].contains("belongs to the package acme-app:amd64"), "{printed}");
}
