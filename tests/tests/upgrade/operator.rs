//! Tests an operator or a package manager that replaces the executable and requests a restart.

use super::{PREVIOUS, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::release::sha1;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::put;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn what_is_put_in_place_by_hand_runs_after_a_restart() {
    let (deployment, first) = deployed("by-hand");
    let second = deployment.release("version=2");
    let service = deployment.start([""; 0]);
    let visitors = service.visitors();
    deployment.install(&second);
    assert_eq!(service.ask_for("id"), first.id(), "not before it is asked for");
    service.restart();
    service.wait_version(2);
    assert_eq!(service.ask_for("id"), second.id());
    visitors.leave();
    service.terminate();
    deployment.finish();
}

#[test]
fn an_upgrade_replaces_what_a_link_leads_to() {
    let (deployment, _) = deployed("link");
    let second = deployment.release("version=2");
    let link = deployment.sandbox().join("link");
    symlink("bin/app", &link).unwrap();
    deployment.sandbox().expect_files(["link"]);
    let origin = Origin::start();
    publish(&origin, &second);
    let mut command = Command::new(&link);
    command.args(["address=127.0.0.1:0", &http(&origin), "probation=100"]);
    let service = deployment.start_as(command);
    service.wait_version(2);
    assert_eq!(fs::read_link(&link).unwrap(), std::path::Path::new("bin/app"));
    deployment.wait_installed(&second);
    deployment.wait_listing(&[PREVIOUS, "app"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_link_that_is_pointed_elsewhere_counts_at_the_next_restart() {
    let (deployment, _) = deployed("flip");
    let (second, third) = (deployment.release("version=2"), deployment.release("version=3"));
    let other = deployment.sandbox().join("bin/other");
    put(second.path(), &other, 0o755);
    let link = deployment.sandbox().join("link");
    symlink("bin/app", &link).unwrap();
    deployment.sandbox().expect_files([
        "link",
        "bin/other",
        "bin/.other.selfup-previous",
        "bin/.other.selfup-record",
    ]);
    let origin = Origin::start();
    let mut command = Command::new(&link);
    command.args(["address=127.0.0.1:0", &http(&origin), "probation=100"]);
    let service = deployment.start_as(command);
    service.is_version(1);

    let flipped = deployment.sandbox().join("flipped");
    symlink("bin/other", &flipped).unwrap();
    fs::rename(&flipped, &link).unwrap();
    service.restart();
    service.wait_version(2);
    // From now on, that is what is replaced.
    publish(&origin, &third);
    service.wait_version(3);
    wait_until("it to be kept", PATIENCE, || sha1(&other) == third.id());
    service.terminate();
    deployment.finish();
}

#[test]
fn a_name_that_ends_like_the_kernel_s_word_for_a_removed_file() {
    let (deployment, first) = deployed("deleted");
    let second = deployment.release("version=2");
    let name = "bin/app (deleted)";
    let path = deployment.sandbox().join(name);
    put(first.path(), &path, 0o755);
    deployment.sandbox().expect_files([
        name,
        "bin/.app (deleted).selfup-previous",
        "bin/.app (deleted).selfup-record",
    ]);
    let origin = Origin::start();
    publish(&origin, &second);
    let mut command = Command::new(&path);
    command.args(["address=127.0.0.1:0", &http(&origin), "probation=100"]);
    let service = deployment.start_as(command);
    service.wait_version(2);
    wait_until("it to be kept", PATIENCE, || sha1(&path) == second.id());
    assert_eq!(deployment.installed(), first.id(), "another file of nearly that name");
    service.restart();
    service.process().wait_line("v2 listens on", PATIENCE);
    assert!(service.ask_for("path").ends_with("app"), "{}", service.ask("id"));
    service.terminate();
    deployment.finish();
}

#[test]
fn another_executable_is_supervised_and_replaced() {
    for (name, path_in) in [("exec-file", None), ("exec-file-relative", Some("bin/app"))] {
        let (deployment, first) = deployed(name);
        let (second, own) = (deployment.release("version=2"), deployment.release("version=100"));
        let master = deployment.sandbox().join("bin/master");
        put(own.path(), &master, 0o755);
        deployment.sandbox().expect_files(["bin/master"]);
        let exec_file = path_in.map_or(deployment.program(), Into::into);
        let origin = Origin::start();
        publish(&origin, &first);
        let mut command = Command::new(&master);
        command.arg("address=127.0.0.1:0").arg(http(&origin));
        command.arg(format!("exec_file={}", exec_file.display())).arg("probation=100");
        let service = deployment.start_as(command);
        service.is_version(1);
        assert_eq!(service.ask_for("path"), deployment.program().display().to_string());
        let visitors = service.visitors();
        publish(&origin, &second);
        service.wait_version(2);
        visitors.leave();
        assert_eq!(service.ask_for("id"), second.id());
        deployment.wait_installed(&second);
        assert_eq!(sha1(&master), own.id(), "the master's own is left alone");
        deployment.wait_listing(&[PREVIOUS, "app", "master"]);
        service.terminate();
        deployment.finish();
    }
}
