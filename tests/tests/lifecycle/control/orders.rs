//! Orders of operators are answered at once, whatever the thread that installs is in the middle of.

use super::*;
use selfup_tests::service::put;
use std::fs;

#[test]
fn where_fetching_is_disabled_a_file_is_installed_all_the_same() {
    let deployment = deployed("control-disabled");
    let service = start(&deployment, &["file=/", "probation=300"]);
    service.wait_warning(&["upgrades are disabled: "]);
    run(&deployment, "upgrade --wait").is(1, &["fetching is disabled: ", "it names no file"]);
    let good = deployment.release("version=2");
    let reload = format!("reload {} --through-probation", good.path().display());
    run(&deployment, &reload).is(0, &["committed"]);
    service.is_version(2);
    service.terminate();
    deployment.finish();
}

#[test]
fn an_order_while_an_executable_is_on_trial_is_turned_down_at_once() {
    let deployment = deployed("control-trial");
    let loading = deployment.sandbox().write("loading", "");
    let service = start(&deployment, &[LONG]);
    let slow = deployment.release("version=2 loads");
    let first = begin(&deployment, &format!("reload {} --wait", slow.path().display()));
    wait_phase(&deployment, &["restarting", "candidate"]);
    let other = deployment.release("version=3");
    let reload = format!("reload {} --wait", other.path().display());
    run(&deployment, &reload).is(1, &["another executable is on trial"]);
    run(&deployment, "upgrade --wait").is(1, &["another executable is on trial"]);
    assert_eq!(first.status(), None);
    fs::remove_file(loading).unwrap();
    end_of(&first).is(0, &["child #2 serves, and its executable is on probation"]);
    // Nor does anybody wait for the end of a long probation.
    run(&deployment, &reload).is(1, &["another executable is on trial"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_hook_that_panics_is_told_each_time() {
    let deployment = deployed("control-panics");
    let service = start(&deployment, &["hook_panics"]);
    let release = deployment.release("version=2");
    for _ in 0..7 {
        run(&deployment, &format!("reload {} --wait", release.path().display()))
            .is(1, &["panicked: a hook's own failure"]);
    }
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

/// The thread that fetches has to hear of a verdict that came before it was started.
#[test]
fn what_is_rolled_back_before_a_child_serves_does_not_end_the_upgrades() {
    let deployment = deployed("control-early-verdict");
    let published = deployment.sandbox().join("published");
    deployment.sandbox().expect_files(["published"]);
    let source = format!("file={}", published.display());
    let service = start(&deployment, &[&source, LONG]);
    put(deployment.release("version=2 loads").path(), &published, 0o755);
    service.wait_version(2);
    service.process().signal(libc::SIGKILL);
    service.process().wait(PATIENCE);

    deployment.sandbox().write("loading", "");
    let service = start(&deployment, &[&source, "probation=300", "ready_timeout=1000"]);
    service.is_version(1);
    let third = deployment.release("version=3");
    put(third.path(), &published, 0o755);
    service.wait_version(3);
    deployment.wait_installed(&third);
    run(&deployment, "upgrade --wait").is(0, &["up to date"]);
    service.terminate();
    deployment.finish();
}
