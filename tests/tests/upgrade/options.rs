//! Tests the options of upgrades.

use super::{PREVIOUS, RECORD, TRIAL, deployed, http, publish};
use selfup_tests::origin::Origin;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use std::fs;

#[test]
fn the_hook_refuses_a_release_and_lets_a_later_one_pass() {
    let (deployment, first) = deployed("hook");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let objection = deployment.sandbox().join("releases/objection");
    fs::write(&objection, "it is Friday\n").unwrap();
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin), format!("refuse_if={}", objection.display())]);
    let warning = service.wait_warning(&["refused a new executable", "it is Friday"]);
    assert!(warning.contains(second.id()), "{warning}");
    let asked = service.process().wait_line("asked about", PATIENCE);
    assert!(asked.contains("/bin/.app.selfup-new-"), "the hook is given the new one: {asked}");

    // What was refused is neither fetched nor asked about again.
    let before = origin.count("HEAD");
    wait_until("some polls", PATIENCE, || origin.count("HEAD") > before + 5);
    assert_eq!(origin.count("GET"), 1);
    service.is_version(1);
    assert_eq!(deployment.installed(), first.id());
    deployment.wait_listing(&["app"]);

    fs::remove_file(&objection).unwrap();
    publish(&origin, &third);
    service.wait_version(3);
    assert_eq!(service.warnings().len(), 1, "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

#[test]
fn a_hook_that_panics_ends_upgrades_and_nothing_else() {
    let (deployment, first) = deployed("hook-panics");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &first);
    let service = deployment.start([http(&origin), "hook_panics".into(), "events_panic".into()]);
    let visitors = service.visitors();
    service.wait_warning(&["the hook for events panicked"]);
    publish(&origin, &second);
    service.wait_warning(&["upgrades are disabled", "panicked"]);
    assert_eq!(deployment.installed(), first.id());
    deployment.wait_listing(&["app"]);
    service.restart();
    service.process().wait_line("v1 listens on", PATIENCE);
    service.wait_version(1);
    visitors.leave();
    println!("{}", service.warnings().join("\n"));
    service.terminate();
    deployment.finish();
}

#[test]
fn on_event_gets_the_outcome_of_releases() {
    let (deployment, first) = deployed("events");
    let [second, third] =
        ["version=2", "version=3 crashes_at_start"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &first);
    let service = deployment.start([http(&origin), "events".into(), "probation=100".into()]);
    let event = |name: &str, words: &str| {
        let line = service.process().wait_line(&format!("event {name}: "), PATIENCE);
        assert!(line.contains(words), "{line}");
    };
    event("Listening", "127.0.0.1");
    event("UpToDate", first.id());
    publish(&origin, &second);
    event("Installed", second.id());
    event("Restarting", "upgrade");
    event("Committed", second.id());
    publish(&origin, &third);
    event("Installed", third.id());
    event("CandidateFailed", "child #3");
    event("RolledBack", third.id());
    origin.offer("/app", selfup_tests::origin::Offer::Whole(b"<html>".to_vec()));
    event("Refused", "HTML");
    service.terminate();
    event("Stopping", "");
    deployment.finish();
}

#[test]
fn without_restarts_a_release_is_installed_for_the_next_start() {
    let (deployment, first) = deployed("no-restart");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &second);
    let words = [http(&origin), "never_restarts".into(), "events".into()];
    let service = deployment.start(&words);
    let visitors = service.visitors();
    service.process().wait_line("event Installed", PATIENCE);
    assert_eq!(deployment.on_trial(), [second.id()]);
    // One that replaces it before it has run is installed as well.
    publish(&origin, &third);
    service.process().wait_line("event Installed", PATIENCE);
    deployment.wait_listing(&[RECORD, TRIAL, "app"]);
    assert_eq!(deployment.on_trial(), [third.id()]);
    assert_eq!(deployment.installed(), first.id(), "nobody has run it yet");
    assert_eq!(service.ask_for("id"), first.id(), "what runs is as it was");
    assert_eq!(service.ask_for("generation"), "1");
    visitors.leave();

    // The restart signal shuts down gracefully.
    let held = service.hold();
    service.restart();
    service.process().wait_line("event Stopping", PATIENCE);
    assert!(held.finish().starts_with("v1 "));
    assert!(service.process().wait(PATIENCE).success());

    let [url, no_restart, events] = words;
    let service = deployment.start([url, no_restart, events, "probation=100".into()]);
    assert_eq!(service.ask_for("id"), third.id());
    service.process().wait_line("event Committed", PATIENCE);
    assert_eq!(deployment.installed(), third.id());
    deployment.wait_listing(&[PREVIOUS, "app"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_can_wait_for_a_requested_restart() {
    let (deployment, first) = deployed("no-restart-after-fetch");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &second);
    let words = [http(&origin), "restarts_on_request".into(), "events".into()];
    let service = deployment.start(words);
    let visitors = service.visitors();
    service.process().wait_line("event Installed", PATIENCE);
    assert_eq!(deployment.on_trial(), [second.id()]);
    // Until the release has been tried, nothing else is fetched.
    let requests = origin.requests().len();
    publish(&origin, &third);
    assert_eq!(service.ask_for("id"), first.id());
    assert_eq!(origin.requests().len(), requests);

    service.restart();
    service.wait_version(2);
    assert_eq!(service.ask_for("id"), second.id());
    assert_eq!(service.ask_for("generation"), "2");
    visitors.leave();
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_that_fails_after_it_waited_for_its_restart_is_rolled_back() {
    let (deployment, first) = deployed("no-restart-after-fetch-bad");
    let second = deployment.release("version=2 crashes_at_start");
    let origin = Origin::start();
    publish(&origin, &second);
    let words = [http(&origin), "restarts_on_request".into(), "events".into()];
    let service = deployment.start(words);
    let visitors = service.visitors();
    service.process().wait_line("event Installed", PATIENCE);
    service.restart();
    service.wait_warning(&["rolled back to the previous executable", second.id()]);
    assert_eq!(deployment.installed(), first.id());
    service.is_version(1);
    visitors.leave();
    service.terminate();
    deployment.finish();
}
