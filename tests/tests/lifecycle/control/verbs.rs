//! The other verbs, and the command line.

use super::*;
use selfup_tests::need;
use selfup_tests::sandbox::wait_until;
use selfup_tests::service::put;
use std::fs;

#[test]
fn the_status_tells_what_runs() {
    let deployment = deployed("control-status");
    let service = start(&deployment, &[]);
    run(&deployment, "status")
        .is(0, &["app: serving", "#1", "active", &service.address().to_string(), "no source"]);
    let pid = service.process().pid();
    run(&deployment, "status --json").is(0, &[&format!(r#""pid":{pid}"#), r#""phase":"serving""#]);
    service.terminate();
    run(&deployment, "status").is(3, &["no service of that name"]);
    deployment.finish();
}

#[test]
fn the_status_tells_where_upgrades_come_from_and_what_is_installed() {
    let deployment = deployed("control-known");
    deployment.sandbox().expect_files(["published"]);
    let published = deployment.sandbox().join("published");
    let source = format!("file={}", published.display());
    let service = start(&deployment, &[&source, "probation=50"]);
    let first = deployment.installed();
    let second = deployment.release("version=2");
    put(second.path(), &published, 0o755);
    deployment.wait_installed(&second);
    let master = format!(
        r#""master":{{"path":"{}","version":null,"id":"{first}"}}"#,
        deployment.program().display()
    );
    let previous = format!(r#"/.app.selfup-previous","version":null,"id":"{first}"}}"#);
    let installed = format!(
        r#""installed":{{"path":"{}","version":null,"id":"{}"}}"#,
        deployment.program().display(),
        second.id()
    );
    let source = format!(r#""source":"{}""#, published.display());
    wait_phase(&deployment, &[&master, &previous, &installed, &source]);
    let next = |status: &str| status.split_once(r#""next_look":1"#).is_some();
    wait_until("the next look", PATIENCE, || next(&raw(&deployment, r#"{"verb":"status"}"#)));
    // Also if there is nothing new.
    let last = || -> u64 {
        let status = raw(&deployment, r#"{"verb":"status"}"#);
        let (_, rest) = status.split_once(r#""last_look":"#).unwrap();
        rest.split(',').next().unwrap().parse().unwrap()
    };
    let before = last();
    wait_until("another look", PATIENCE, || last() > before);
    run(&deployment, "status")
        .is(0, &["from ", "/published", "installed ", "previous ", "next in 0s"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn prometheus_reads_the_status() {
    if !need::program("promtool") {
        return;
    }
    let deployment = deployed("control-prometheus");
    let service = start(&deployment, &["probation=600000"]);
    let second = deployment.release("version=2");
    run(&deployment, &format!("reload {} --wait", second.path().display())).is(0, &["serves"]);
    let told = run(&deployment, "status --prometheus");
    told.is(
        0,
        &[
            "# TYPE selfup_handovers_total counter",
            r#"selfup_handovers_total{service="app"} 1"#,
            r#"selfup_children{service="app",role="active"} 1"#,
            r#"selfup_on_probation{service="app"} 1"#,
        ],
    );
    let page = deployment.sandbox().write("page", told.text);
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(fs::File::open(page).unwrap());
    Answer::of(&promtool.output().unwrap()).is(0, &[]);
    service.terminate();
    deployment.finish();
}

#[test]
fn the_command_line_of_a_program_is_told_apart_from_its_own_words() {
    let deployment = deployed("control-words");
    for (words, code, told) in [
        ("explode", 2, "there is no verb"),
        ("status --now", 2, "there is no option"),
        ("help", 0, "exit codes: 0 done"),
        ("status --service other", 3, "could not reach other"),
        ("status --service ../x", 2, "could not use"),
    ] {
        Answer::of(&operator(&deployment, words).output().unwrap()).is(code, &[told]);
    }
    let mut flag = Command::new(APP);
    flag.arg("--selfup=status");
    Answer::of(&near(&deployment, flag).output().unwrap()).is(3, &["no service of that name"]);
    deployment.finish();
}

#[test]
fn a_pause_lasts_beyond_the_service_until_it_is_resumed() {
    let deployment = deployed("control-pause");
    deployment.sandbox().expect_files(["published"]);
    let source = format!("file={}", deployment.sandbox().join("published").display());
    let service = start(&deployment, &[&source, "probation=50"]);
    let mut pause = operator(&deployment, "pause");
    pause.arg("a freeze until Monday");
    Answer::of(&pause.output().unwrap()).is(0, &["paused"]);
    service.terminate();
    let service = start(&deployment, &[&source, "probation=50"]);
    let second = deployment.release("version=2");
    put(second.path(), &deployment.sandbox().join("published"), 0o755);
    run(&deployment, "status").is(0, &["paused for", "a freeze until Monday"]);
    run(&deployment, "upgrade --wait").is(1, &["a freeze until Monday"]);
    service.is_version(1);
    run(&deployment, "resume").is(0, &["resumed"]);
    service.wait_version(2);
    deployment.wait_installed(&second);
    run(&deployment, "upgrade --wait").is(0, &["up to date"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_signal_reaches_the_program_and_the_events_are_a_stream() {
    let deployment = deployed("control-events");
    let service = start(&deployment, &["catches"]);
    let events = begin(&deployment, "events");
    events.wait_line("events follow", PATIENCE);
    run(&deployment, "signal HUP").is(0, &["SIGHUP is taken up"]);
    events.wait_line("forwarded SIGHUP to child #1", PATIENCE);
    run(&deployment, "signal KILL").is(2, &["cannot be received"]);
    run(&deployment, "signal NONSENSE").is(2, &["is no signal"]);
    run(&deployment, "signal TERM").is(0, &["taken up"]);
    service.process().wait(PATIENCE);
    events.wait(PATIENCE);
    deployment.finish();
}

#[test]
fn a_second_service_of_the_name_says_so_and_serves_without_a_socket() {
    let deployment = deployed("control-taken");
    let first = start(&deployment, &[]);
    let second = start(&deployment, &[]);
    second
        .wait_warning(&["could not open the control socket", "another service of that name runs"]);
    second.is_version(1);
    second.terminate();
    let pid = first.process().pid();
    run(&deployment, "status --json").is(0, &[&format!(r#""pid":{pid}"#)]);
    first.terminate();
    deployment.finish();
}

#[test]
fn a_service_that_never_restarts_refuses_to() {
    let deployment = deployed("control-never");
    let service = start(&deployment, &["never_restarts"]);
    run(&deployment, "restart --wait").is(1, &["allows no restart"]);
    let second = deployment.release("version=2");
    run(&deployment, &format!("reload {} --wait", second.path().display()))
        .is(0, &["in place: stop and start the service"]);
    service.is_version(1);
    service.terminate();
    deployment.finish();
}
