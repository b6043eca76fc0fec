//! Tests releases that fail in `main` before `run`, and masters that die meanwhile.

use super::{RECORD, TRIAL, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::{PATIENCE, children_of, wait_for, wait_until};
use selfup_tests::service::{Deployment, Service};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

/// Kills all processes at once, like a machine that loses its power.
fn kill_all(service: &Service, children: &[u32]) {
    service.process().signal(libc::SIGKILL);
    for child in children {
        let _gone = Command::new("kill").args(["-9", &child.to_string()]).output().unwrap();
    }
    assert_eq!(service.process().wait(PATIENCE).signal(), Some(libc::SIGKILL));
    wait_until("the children to be gone", PATIENCE, || {
        children.iter().all(|child| !std::fs::exists(format!("/proc/{child}/exe")).unwrap())
    });
}

/// The child that executes what is on trial.
fn candidate(deployment: &Deployment, service: &Service) -> u32 {
    let trial = deployment.sandbox().join("bin/.app.selfup-trial-").display().to_string();
    wait_for("the candidate", PATIENCE, || {
        children_of(service.process().pid()).into_iter().find(|child| {
            let file = std::fs::read_link(format!("/proc/{child}/exe")).unwrap_or_default();
            file.display().to_string().starts_with(&trial)
        })
    })
}

#[test]
fn a_release_that_ends_before_run_never_gets_to_the_path_even_if_its_master_is_killed() {
    let (deployment, first) = deployed("before-run");
    let bad = deployment.release("version=2 exits_in_main=3");
    let origin = Origin::start();
    publish(&origin, &bad);
    // The release is installed, and has not been tried when the machine loses its power.
    let service = deployment.start([http(&origin), "restarts_on_request".into()]);
    wait_until("it to be on trial", PATIENCE, || deployment.on_trial() == [bad.id()]);
    let children = children_of(service.process().pid());
    kill_all(&service, &children);
    deployment.wait_listing(&[RECORD, TRIAL, "app"]);
    assert_eq!(deployment.installed(), first.id());
    for start in 1..=4 {
        let service = deployment.start([""; 0]);
        service.wait_version(1);
        if start == 1 {
            service.wait_warning(&["rolled back to the previous executable", bad.id(), "code 3"]);
        }
        assert_eq!(deployment.installed(), first.id());
        let children = children_of(service.process().pid());
        kill_all(&service, &children);
    }
    deployment.wait_listing(&[RECORD, "app"]);
    deployment.finish();
}

#[test]
fn one_that_hangs_before_run_while_its_masters_are_killed_is_given_up() {
    let (deployment, first) = deployed("hangs-before-run");
    let bad = deployment.release("version=2 hangs_in_main");
    let origin = Origin::start();
    publish(&origin, &bad);
    let words = [http(&origin), "ready_timeout=600000".into()];
    let service = deployment.start(&words);
    candidate(&deployment, &service);
    let children = children_of(service.process().pid());
    kill_all(&service, &children);
    for _ in 0..3 {
        assert_eq!(deployment.installed(), first.id());
        let mut command = Command::new(deployment.program());
        command.arg("address=127.0.0.1:0").args(&words);
        let process = deployment.sandbox().start(command);
        let child =
            wait_for("the first child", PATIENCE, || children_of(process.pid()).into_iter().next());
        process.signal(libc::SIGKILL);
        process.wait(PATIENCE);
        let _gone = Command::new("kill").args(["-9", &child.to_string()]).output().unwrap();
    }
    let service = deployment.start(&words);
    service.wait_warning(&["rolled back to the previous executable", bad.id(), "3 times"]);
    service.wait_version(1);
    assert_eq!(deployment.installed(), first.id());
    service.terminate();
    deployment.finish();
}
