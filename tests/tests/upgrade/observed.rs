//! Tests of what a master shows to `tracing`, `metrics` and serde, by a real subscriber and a real recorder.

use super::{APP, deployed, http, publish};
use selfup_tests::need;
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::{PATIENCE, wait_for, wait_until};
use selfup_tests::service::Deployment;
use serde_json::Value;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

fn lines_of(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    // The last line may be half-written.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The first line that is as it should be.
#[track_caller]
fn wait_traced(log: &Path, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, 3 * PATIENCE, || lines_of(log).into_iter().find(|line| is(line)))
}

fn is_event(line: &Value, kind: &str) -> bool {
    line["fields"]["kind"] == kind
}

/// Whether it says that this span has ended, in this way.
fn is_end(line: &Value, span: &str, outcome: &str) -> bool {
    let ended = &line["span"];
    line["fields"]["message"] == "close" && ended["name"] == span && ended["outcome"] == outcome
}

/// The names of the spans that it is inside of, outermost first.
fn inside(line: &Value) -> Vec<&str> {
    let spans = line["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    spans.iter().filter_map(|span| span["name"].as_str()).collect()
}

#[test]
fn restarts_and_upgrades_are_spans_from_their_start_to_their_outcome() {
    let (deployment, _) = deployed("traced");
    let [second, third] =
        ["version=2", "version=3 crashes_at_start"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    let log = deployment.sandbox().join("log");
    deployment.sandbox().expect_files(["log"]);
    let words = [http(&origin), "own_version".into(), "probation=100".into()];
    let traces = format!("traces={}", log.display());
    let service = deployment.start(words.into_iter().chain([traces]));
    let started = wait_traced(&log, "the start", |line| is_event(line, "started"));
    assert_eq!(started["level"], "INFO");
    assert_eq!(started["target"], "selfup");
    assert!(started["fields"]["pid"].is_number() && started["fields"]["generation"] == 1);
    assert_eq!(inside(&started), [""; 0]);
    wait_traced(&log, "the first child", |line| is_event(line, "serving"));

    service.restart();
    let end = wait_traced(&log, "a restart", |line| is_end(line, "restart", "served"));
    assert_eq!((&end["span"]["cause"], &end["span"]["generation"]), (&"signal".into(), &2.into()));
    let serving = wait_traced(&log, "2 serves", |line| {
        is_event(line, "serving") && line["fields"]["generation"] == 2
    });
    assert_eq!(inside(&serving), ["restart"]);
    assert_eq!(serving["fields"]["version"], "1.0.0");

    publish(&origin, &second);
    let end = wait_traced(&log, "a commit", |line| is_end(line, "upgrade", "committed"));
    assert_eq!(
        (&end["span"]["id"], &end["span"]["version"]),
        (&second.id().into(), &"2.0.0".into())
    );
    let begun = wait_traced(&log, "its restart", |line| {
        is_event(line, "restarting") && line["fields"]["cause"] == "upgrade"
    });
    assert_eq!(inside(&begun), ["upgrade", "restart"]);
    let committed = wait_traced(&log, "its event", |line| is_event(line, "committed"));
    assert_eq!(inside(&committed), ["upgrade"]);

    publish(&origin, &third);
    wait_traced(&log, "a crash", |line| is_end(line, "restart", "crashed"));
    let failed = wait_traced(&log, "its event", |line| is_event(line, "candidate-failed"));
    assert_eq!(failed["level"], "WARN");
    assert_eq!(failed["fields"]["signal"], "SIGABRT");
    assert_eq!(failed["fields"]["still_serving"], true);
    let end = wait_traced(&log, "a rollback", |line| is_end(line, "upgrade", "rolled-back"));
    assert_eq!(end["span"]["id"], third.id());
    let rolled_back = wait_traced(&log, "its event", |line| is_event(line, "rolled-back"));
    assert_eq!(rolled_back["fields"]["reason"], "not-ready");
    service.terminate();
    deployment.finish();
}

#[test]
fn a_subscriber_that_panics_is_not_called_any_more() {
    let (deployment, _) = deployed("traced-panic");
    let service = deployment.start(["traces_panic", "events"]);
    service.restart();
    service.wait_warning(&["the subscriber of tracing or the recorder of metrics panicked"]);
    service.process().wait_line("event Serving: child #2", PATIENCE);
    service.restart();
    service.process().wait_line("event Serving: child #3", PATIENCE);
    assert_eq!(service.warnings().len(), 1, "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

/// Waits until the recorder shows this line.
#[track_caller]
fn wait_measured(metrics: &Path, line: &str) {
    let shows = || fs::read_to_string(metrics).is_ok_and(|text| text.lines().any(|it| it == line));
    wait_until(line, 3 * PATIENCE, shows);
}

#[test]
fn what_happens_is_counted() {
    let (deployment, _) = deployed("measured");
    let [second, third] =
        ["version=2", "version=3 crashes_at_start"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    let metrics = deployment.sandbox().join("metrics");
    deployment.sandbox().expect_files(["metrics", "metrics.new"]);
    let words = [http(&origin), "own_version".into(), "probation=100".into()];
    let meters = format!("meters={}", metrics.display());
    let service = deployment.start(words.into_iter().chain([meters]));
    let shows = |line: &str| wait_measured(&metrics, line);
    shows(r#"selfup_children{role="active"} 1"#);
    shows("selfup_serving_generation 1");
    shows("selfup_on_probation 0");
    let held = service.hold();
    service.restart();
    shows(r#"selfup_restarts_total{cause="signal",outcome="served"} 1"#);
    shows(r#"selfup_restart_duration_seconds_count{outcome="served"} 1"#);
    shows(r#"selfup_children{role="draining"} 1"#);
    drop(held);
    shows(r#"selfup_children{role="draining"} 0"#);
    shows(r#"selfup_children_ended_total{how="success"} 1"#);
    publish(&origin, &second);
    shows(r#"selfup_upgrades_total{outcome="committed"} 1"#);
    shows("selfup_serving_generation 3");
    publish(&origin, &third);
    shows(r#"selfup_upgrades_total{outcome="rolled-back"} 1"#);
    shows(r#"selfup_restarts_total{cause="upgrade",outcome="crashed"} 1"#);
    shows(r#"selfup_children_ended_total{how="signal"} 1"#);
    is_fine(&metrics);
    service.terminate();
    deployment.finish();
}

/// Has the tool of Prometheus look at the names, types and units.
fn is_fine(metrics: &Path) {
    if !need::program("promtool") {
        return;
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::from(File::open(metrics).unwrap()));
    let output = promtool.output().unwrap();
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{told}\n{}", fs::read_to_string(metrics).unwrap());
}

/// A program that writes its events, and a client of the control socket, get the same.
#[test]
fn a_report_serialises_as_the_control_socket_sends_it() {
    let deployment = Deployment::with("serialised", APP, "version=1").0;
    deployment.sandbox().expect_files(["reports", "app.sock", "app.lock"]);
    let reports = deployment.sandbox().join("reports");
    let near = |mut command: Command| {
        command.env_remove("XDG_RUNTIME_DIR").env("RUNTIME_DIRECTORY", deployment.sandbox().path());
        command
    };
    let mut program = Command::new(deployment.program());
    program.args(["address=127.0.0.1:0", "control=app"]);
    program.arg(format!("reports={}", reports.display()));
    let service = deployment.start_as(near(program));
    let mut operator = Command::new(APP);
    operator.args(["selfup", "events", "--json"]);
    let stream = deployment.sandbox().start(near(operator));
    // It may not be connected at once.
    wait_until("an event on the socket", PATIENCE, || {
        service.restart();
        stream.lines().iter().any(|line| line.contains(r#""kind":"serving""#))
    });
    service.terminate();
    stream.wait_all_lines(PATIENCE);
    let written = lines_of(&reports);
    let kinds: Vec<_> = written.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert!(kinds.starts_with(&["listening", "started", "serving"]), "{kinds:?}");
    let mut compared = 0;
    // On stderr it says that the service has ended.
    for line in stream.lines().iter().filter(|line| line.starts_with('{')) {
        let response: Value = serde_json::from_str(line).unwrap();
        if response["event"].is_null() {
            continue;
        }
        let mut event = response["event"].clone();
        // Without one, the protocol has it all the same.
        if event["generation"].is_null() {
            event.as_object_mut().unwrap().remove("generation");
        }
        assert!(written.contains(&event), "{event} is not in {written:#?}");
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
    deployment.finish();
}
