//! Tests the pid file, by which scripts find the master.

use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::{Deployment, Service, put};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");
const FILE: &str = "run/app.pid";

/// Version 1 is installed, and there is a folder for the file.
fn deployed(name: &str) -> (Deployment, PathBuf) {
    let (deployment, _) = Deployment::with(name, APP, "version=1");
    let file = deployment.sandbox().join(FILE);
    fs::create_dir(file.parent().unwrap()).unwrap();
    (deployment, file)
}

fn start(deployment: &Deployment, words: &[&str]) -> Service {
    deployment.start([&["pid_file=run/app.pid", "drain_on_terminate"], words].concat())
}

/// The content that the file must have for a service.
fn names(service: &Service) -> String {
    format!("{}\n", service.process().pid())
}

/// Returns when the file is there: the master writes it when its child says that it is ready.
#[track_caller]
fn wait_for_file(file: &Path) {
    wait_until("the pid file", PATIENCE, || file.exists());
}

/// Ends the test, in which nothing but the folder itself may be left.
fn finish(deployment: Deployment) {
    let left: Vec<_> = fs::read_dir(deployment.sandbox().join("run")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    fs::remove_dir(deployment.sandbox().join("run")).unwrap();
    deployment.finish();
}

#[test]
fn it_is_there_from_readiness_to_the_end_and_never_changes() {
    let (deployment, file) = deployed("pid-file");
    let second = deployment.release("version=2");
    let published = deployment.sandbox().join("releases/app");
    deployment.install(&deployment.release("version=1 loads"));
    put(&deployment.program(), &published, 0o755);
    let loading = deployment.sandbox().write("loading", "");
    let service = start(&deployment, &["explicit", "file=releases/app"]);
    assert!(!file.exists(), "nobody serves yet");
    fs::remove_file(loading).unwrap();
    wait_for_file(&file);
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&service));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    let inode = file.metadata().unwrap().ino();
    put(second.path(), &published, 0o755);
    service.wait_version(2);
    service.restart();
    wait_until("the third generation", PATIENCE, || service.ask_for("generation") == "3");
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&service));
    assert_eq!(file.metadata().unwrap().ino(), inode);

    let held = service.hold();
    service.process().signal(libc::SIGTERM);
    service.process().wait_line("finishes", PATIENCE);
    assert!(file.exists(), "it still runs");
    held.finish();
    assert!(service.process().wait(PATIENCE).success());
    finish(deployment);
}

#[test]
fn one_that_was_left_behind_is_replaced() {
    let (deployment, file) = deployed("pid-file-stale");
    let killed = start(&deployment, &[]);
    wait_for_file(&file);
    // Its child runs on for a while, and has nothing of the lock.
    let held = killed.hold();
    killed.process().signal(libc::SIGKILL);
    killed.process().wait(PATIENCE);
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&killed));
    let service = start(&deployment, &[]);
    wait_until("a new pid", PATIENCE, || fs::read_to_string(&file).unwrap() == names(&service));
    assert!(held.finish().starts_with("v1 "));
    assert!(service.terminate().success());

    // The pid of a process that runs proves nothing: it may be another one by now.
    for nonsense in ["1\n", "", "not a number\n"] {
        fs::write(&file, nonsense).unwrap();
        let service = start(&deployment, &[]);
        wait_until("a new pid", PATIENCE, || fs::read_to_string(&file).unwrap() == names(&service));
        assert!(service.terminate().success());
        assert!(!file.exists());
    }
    finish(deployment);
}

#[test]
fn a_second_master_is_refused_and_the_first_keeps_its_file() {
    let (deployment, file) = deployed("pid-file-held");
    let service = start(&deployment, &[]);
    wait_for_file(&file);
    let mut command = Command::new(deployment.program());
    command.args(["address=127.0.0.1:0", "pid_file=run/app.pid"]);
    let process = deployment.sandbox().start(command);
    assert_eq!(process.wait(PATIENCE).code(), Some(1));
    let lines = process.wait_all_lines(PATIENCE);
    println!("{}", lines[0]);
    let expected = format!(
        "[selfup] could not use the pid file {}: process {} holds it; end that one, or name \
         another file",
        file.display(),
        service.process().pid()
    );
    assert_eq!(lines, [expected]);
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&service));
    assert!(service.terminate().success());
    finish(deployment);
}

#[test]
fn a_pid_file_of_another_process_is_left_alone() {
    let (deployment, file) = deployed("pid-file-replaced");
    let service = start(&deployment, &[]);
    wait_for_file(&file);
    let other = deployment.sandbox().join("run/other");
    fs::write(&other, names(&service)).unwrap();
    fs::rename(other, &file).unwrap();
    assert!(service.terminate().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&service));
    fs::remove_file(file).unwrap();
    finish(deployment);
}

#[test]
fn where_it_cannot_be_written_the_service_serves_and_warns() {
    let (deployment, file) = deployed("pid-file-cannot");
    let target = deployment.sandbox().join("run/target");
    fs::write(&target, "precious").unwrap();
    symlink(&target, &file).unwrap();
    let service = start(&deployment, &[]);
    println!(
        "{}",
        service.wait_warning(&["could not write the pid file", "run/app.pid", "symbolic link"])
    );
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    // The next restart tries again.
    fs::remove_file(&file).unwrap();
    fs::remove_file(target).unwrap();
    service.restart();
    wait_for_file(&file);
    assert!(service.terminate().success());
    fs::create_dir(&file).unwrap();
    let service = start(&deployment, &[]);
    println!("{}", service.wait_warning(&["something other than a file is there"]));
    assert!(service.terminate().success());
    fs::remove_dir(file).unwrap();
    finish(deployment);
}

/// It is written without a master too, since scripts signal the process that it names.
#[test]
fn a_program_without_a_master_has_one() {
    let (deployment, file) = deployed("pid-file-alone");
    deployment.install(&deployment.release("version=1 removes_itself"));
    let service = start(&deployment, &[]);
    assert_eq!(service.ask_for("enabled"), "false");
    assert_eq!(fs::read_to_string(&file).unwrap(), names(&service));
    // It drains, as it would under a master.
    assert!(service.terminate().success());
    assert!(!file.exists());
    finish(deployment);
}
