//! Tests an executable that cannot be supervised, or not replaced.

use super::{deployed, refusal};
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::Deployment;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

/// Kinds of wrong executable, and the words about it.
fn wrong_executables(deployment: &Deployment) -> [(String, &'static str); 4] {
    let sandbox = deployment.sandbox();
    let text = sandbox.write("text", "no program");
    let script = sandbox.script("script", "#!/no/such/interpreter\n");
    [
        ("no/such/app".into(), "No such file"),
        (sandbox.path().display().to_string(), "it is not a regular file"),
        (text.display().to_string(), "this user may not execute it; look at its mode"),
        (script.display().to_string(), "the interpreter of its `#!` line"),
    ]
}

#[test]
fn another_executable_that_cannot_run_leaves_the_program_to_run_without() {
    let (deployment, _) = deployed("exec-file");
    for (path, words) in wrong_executables(&deployment) {
        let service = deployment.start([format!("exec_file={path}")]);
        let warning = service.wait_warning(&[&path, words, "; the program runs by itself"]);
        println!("{warning}");
        assert_eq!(service.ask_for("enabled"), "false");
        service.terminate();
        let line = refusal(
            &deployment,
            &["address=127.0.0.1:0", &format!("exec_file={path}"), "required"],
        );
        assert!(line.contains(&path) && line.contains(words), "{line}");
    }
    deployment.finish();
}

/// Another service that shares the executable may commit an upgrade at any moment.
#[test]
fn an_executable_that_is_replaced_before_run_has_a_master_all_the_same() {
    let (deployment, _) = Deployment::with(
        "replaced-early",
        env!("CARGO_BIN_EXE_upgradable"),
        "version=1 replaces_itself",
    );
    let link = deployment.sandbox().join("link");
    symlink(deployment.program(), &link).unwrap();
    deployment.sandbox().expect_files(["link"]);
    for path in [deployment.program(), link] {
        let mut command = Command::new(path);
        command.arg("address=127.0.0.1:0");
        let service = deployment.start_as(command);
        service.is_version(1);
        assert_eq!(service.ask_for("enabled"), "true");
        service.restart();
        service.process().wait_line("v1 finishes", PATIENCE);
        assert_eq!(service.warnings(), [""; 0], "{:?}", service.process().lines());
        service.terminate();
    }
    deployment.finish();
}

#[test]
fn a_folder_that_may_not_be_written_to_stops_upgrades_and_nothing_else() {
    if !need::root() || !need::program("setpriv") {
        return;
    }
    let (deployment, first) = deployed("unwritable");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(second.bytes()));
    let folder = deployment.sandbox().join("bin");
    for folder in [deployment.sandbox().path(), &folder] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = as_nobody(&deployment.program());
    let url = format!("http={}", origin.url("/app"));
    command.args(["address=127.0.0.1:0", &url, "probation=100"]);
    let service = deployment.start_as(command);
    let visitors = service.visitors();
    let warning =
        service.wait_warning(&["bin/", "permission denied", "run as a user who may write"]);
    println!("{warning}");
    assert_eq!(origin.requests(), [""; 0], "nothing is fetched that could not be installed");
    service.is_version(1);

    // The directory may be written to, but root's file would not stay root's.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let warning = service.wait_warning(&["could not keep the owner 0:0", "install as root"]);
    println!("{warning}");
    assert_eq!(deployment.installed(), first.id());
    chown(deployment.program(), Some(NOBODY), Some(NOBODY)).unwrap();
    service.wait_version(2);
    deployment.wait_installed(&second);
    visitors.leave();
    service.terminate();
    deployment.finish();
}

const NOBODY: u32 = 65534;

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
    command
}

#[test]
fn a_program_that_is_removed_while_it_runs_goes_on_and_is_replaced_no_more() {
    let (deployment, first) = deployed("removed");
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(first.bytes()));
    let words = ["events".into(), format!("http={}", origin.url("/app")), "probation=100".into()];
    let service = deployment.start(words);
    service.process().wait_line("event UpToDate", PATIENCE);
    let visitors = service.visitors();
    fs::remove_file(deployment.program()).unwrap();
    let second = deployment.release("version=2");
    origin.offer("/app", Offer::Whole(second.bytes()));
    let warning = service.wait_warning(&["bin/app: no such file"]);
    println!("{warning}");
    service.is_version(1);
    // With the file installed again by hand, restarts and upgrades go on.
    deployment.install(&first);
    service.wait_version(2);
    visitors.leave();
    deployment.wait_installed(&second);
    service.terminate();
    deployment.finish();
}
