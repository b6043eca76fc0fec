//! What `restart --wait` is told in each case.

use super::*;
use selfup_tests::sandbox::wait_until;
use std::fs;

#[test]
fn a_restart_that_works_names_the_child_that_serves() {
    let deployment = deployed("control-ready");
    let service = start(&deployment, &[]);
    run(&deployment, "restart --wait").is(0, &["child #2 serves"]);
    run(&deployment, "restart --wait --json").is(0, &[r#""outcome":"done""#, r#""generation":3"#]);
    // Without an upgrade there is no probation to wait for.
    run(&deployment, "restart --through-probation").is(0, &["child #4 serves"]);
    // The one before accepts for a moment longer.
    wait_until("only the last child responds", PATIENCE, || service.ask_for("generation") == "4");
    service.terminate();
    deployment.finish();
}

#[test]
fn a_candidate_that_crashes_is_told_with_its_end() {
    let deployment = deployed("control-crash");
    let service = start(&deployment, &[]);
    deployment.install(&deployment.release("version=2 exits_at_once=7"));
    run(&deployment, "restart --wait").is(1, &["child #2 exited with code 7", "child #1 serves"]);
    assert_eq!(service.ask_for("generation"), "1");
    // The one that was put there is refused, and the path is as before.
    run(&deployment, "restart --wait --json").is(0, &[r#""generation":3"#]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_candidate_that_is_late_is_told() {
    let deployment = deployed("control-late");
    let service = start(&deployment, &["ready_timeout=1500"]);
    let late = deployment.release("version=2 never_ready");
    let reload = format!("reload {} --wait --json", late.path().display());
    run(&deployment, &reload).is(1, &[r#""reason":"late""#, r#""generation":1"#]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_rollback_in_the_probation_is_told_when_the_previous_one_serves_again() {
    let deployment = deployed("control-probation");
    let service = start(&deployment, &[LONG]);
    let bad = deployment.release("version=2 leaves_with=0");
    let reload = format!("reload {} --through-probation --json", bad.path().display());
    run(&deployment, &reload).is(1, &[r#""reason":"rolled-back""#, r#""generation":3"#]);
    service.is_version(1);
    run(&deployment, "status").is(0, &["refused", bad.id()]);
    run(&deployment, &reload).is(1, &["was refused before"]);
    run(&deployment, &format!("forgive {}", bad.id())).is(0, &["forgiven"]);
    run(&deployment, &reload).is(1, &[r#""reason":"rolled-back""#]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_that_survives_its_probation_is_told_as_committed() {
    let deployment = deployed("control-commit");
    let service = start(&deployment, &["probation=300"]);
    let good = deployment.release("version=2");
    let reload = format!("reload {} --through-probation", good.path().display());
    run(&deployment, &reload).is(0, &["committed"]);
    service.wait_version(2);
    assert_eq!(deployment.installed(), good.id());
    run(&deployment, &format!("{reload} --json")).is(0, &["up to date"]);
    run(&deployment, "rollback --wait").is(0, &["serves"]);
    service.wait_version(1);
    service.terminate();
    deployment.finish();
}

/// A script may put the executable at the path by itself.
#[test]
fn a_release_that_is_at_the_path_already_is_told_when_it_serves() {
    let deployment = deployed("control-in-place");
    let service = start(&deployment, &["probation=300"]);
    let reload = format!("reload {} --through-probation", deployment.program().display());
    run(&deployment, &reload).is(0, &["up to date"]);
    deployment.install(&deployment.release("version=2"));
    run(&deployment, &reload).is(0, &["committed"]);
    service.wait_version(2);
    deployment.install(&deployment.release("version=3 exits_at_once=5"));
    run(&deployment, &reload).is(1, &["exited with code 5", "child #2 serves"]);
    service.is_version(2);
    service.terminate();
    deployment.finish();
}

#[test]
fn what_fails_a_check_is_refused_before_it_runs() {
    let deployment = deployed("control-refused");
    let service = start(&deployment, &[]);
    let script = deployment.sandbox().write("script", "#!/bin/sh\nexit 0\n");
    run(&deployment, &format!("reload {} --wait --json", script.display()))
        .is(1, &[r#""outcome":"refused""#, "could not"]);
    run(&deployment, "reload /nonexistent --wait").is(1, &["could not open /nonexistent"]);
    assert_eq!(service.ask_for("generation"), "1");
    service.terminate();
    deployment.finish();
}

#[test]
fn a_restart_that_is_queued_behind_another_is_told_its_own_child() {
    let deployment = deployed("control-queued");
    let service = start(&deployment, &[]);
    let loading = deployment.sandbox().write("loading", "");
    deployment.install(&deployment.release("version=2 loads"));
    let first = begin(&deployment, "restart --wait");
    wait_phase(&deployment, &["restarting", "candidate"]);
    run(&deployment, "restart").is(0, &["it waits for a restart that is under way"]);
    let mut second = UnixStream::connect(socket(&deployment)).unwrap();
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    second.write_all(b"{\"verb\":\"restart\",\"wait\":true}\n").unwrap();
    // When this is answered, the request before it is in the queue.
    wait_phase(&deployment, &["restarting", "candidate"]);
    assert_eq!(first.status(), None);
    fs::remove_file(loading).unwrap();
    end_of(&first).is(0, &["child #2 serves"]);
    // The one that does not wait and the second have one restart in common.
    let mut response = String::new();
    BufReader::new(second).read_line(&mut response).unwrap();
    assert!(response.contains(r#""outcome":"done""#), "{response}");
    assert!(response.contains(r#""generation":3"#), "{response}");
    service.wait_version(2);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_stop_meanwhile_and_a_death_of_the_master_are_told() {
    let deployment = deployed("control-stopped");
    deployment.sandbox().write("loading", "");
    for is_killed in [false, true] {
        deployment.install(&deployment.release("version=1"));
        let service = start(&deployment, &["terminate_timeout=500"]);
        deployment.install(&deployment.release("version=2 loads"));
        let restart = begin(&deployment, "restart --wait");
        wait_phase(&deployment, &["restarting", "candidate"]);
        if is_killed {
            service.process().signal(libc::SIGKILL);
            end_of(&restart).is(1, &["the service has ended"]);
            // The socket and its lock stay, and are recognised as stale by the next one.
            assert!(socket(&deployment).exists());
            service.process().wait(PATIENCE);
            run(&deployment, "status").is(3, &["no service of that name"]);
        } else {
            run(&deployment, "stop").is(0, &["taken up"]);
            end_of(&restart).is(1, &["the service stops"]);
            service.process().wait(PATIENCE);
            assert!(!socket(&deployment).exists());
        }
    }
    deployment.install(&deployment.release("version=1"));
    let service = start(&deployment, &[]);
    run(&deployment, "stop --wait").is(0, &["has stopped", "code 0"]);
    service.process().wait(PATIENCE);
    deployment.finish();
}

#[test]
fn an_answer_that_does_not_come_in_time_has_its_own_exit_code() {
    let deployment = deployed("control-timeout");
    let service = start(&deployment, &[]);
    deployment.sandbox().write("loading", "");
    deployment.install(&deployment.release("version=2 loads"));
    let restart = operator(&deployment, "restart --wait --timeout 0.3").output().unwrap();
    Answer::of(&restart).is(4, &["could not wait any longer"]);
    // A master that ends while it looks at the new executable leaves its copy to the next one.
    service.process().wait_line("v2 starts", PATIENCE);
    service.terminate();
    deployment.finish();
}
