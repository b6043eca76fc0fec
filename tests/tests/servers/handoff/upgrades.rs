//! Tests upgrades from a source: what is verified, what is on trial, and what becomes of it.

use super::{Server, children_of, has_ended};
use nix::sys::signal::Signal;
use selfup_tests::gate::Gate;
use selfup_tests::need;
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::{Deployment, put};
use selfup_tests::signer::Signer;
use std::fs;
use std::path::PathBuf;

const PREVIOUS: &str = ".app.selfup-previous";
const RECORD: &str = ".app.selfup-record";
const TRIAL: &str = ".app.selfup-trial-*";

/// Longer than any test takes, and shorter than a test waits for anything.
const LONG: &str = "probation=3600000";
const SHORT: &str = "probation=50";

const STRATEGIES: [&str; 2] = ["single", "double"];

/// A service at version 1, and where it looks for the next one.
struct Trial {
    deployment: Deployment,
    first: Release,
    published: PathBuf,
    server: Server,
}

impl Trial {
    #[track_caller]
    fn start(name: &str, words: &str) -> Self {
        let (deployment, first) =
            Deployment::with(name, env!("CARGO_BIN_EXE_handing"), "version=1");
        let published = deployment.sandbox().join("releases/published");
        let server = start(&deployment, words);
        Self { deployment, first, published, server }
    }

    fn publish(&self, notes: &str) -> Release {
        let release = self.deployment.release(notes);
        put(release.path(), &self.published, 0o755);
        release
    }

    fn sign(&self, signature: &[u8]) {
        fs::write(self.published.with_extension("minisig"), signature).unwrap();
    }

    /// Asks for an upgrade, and waits for what comes of it.
    #[track_caller]
    fn upgrade(&self, result: &str) {
        self.server.signal(Signal::SIGUSR1);
        self.server.process.wait_line(&format!("upgrade_from: {result}"), PATIENCE);
    }

    /// Asks for an upgrade, which the process may not live long enough to report.
    #[track_caller]
    fn upgrades_to(&mut self, version: u32) {
        self.server.signal(Signal::SIGUSR1);
        self.is_replaced(version);
    }

    /// The successor serves, and has this version.
    #[track_caller]
    fn is_replaced(&mut self, version: u32) {
        self.server.wait_next();
        let generation = self.server.generation;
        self.server.process.wait_line(&format!("#{generation} has version {version}"), PATIENCE);
        self.server.is_served_by(generation, self.server.serves);
    }

    /// The process that serves has this version.
    #[track_caller]
    fn is_served_with(&self, version: u32) {
        let generation = self.server.generation;
        self.server.process.wait_line(&format!("#{generation} has version {version}"), PATIENCE);
    }

    /// Nothing has changed.
    #[track_caller]
    fn serves_on(&self, listing: &[&str]) {
        self.server.is_served_by(self.server.generation, self.server.serves);
        assert!(children_of(self.server.serves).is_empty());
        assert_eq!(self.deployment.installed(), self.first.id());
        self.deployment.wait_listing(listing);
    }

    /// Starts it again, as a service manager does.
    #[track_caller]
    fn start_again(&mut self, words: &str) {
        self.server = start(&self.deployment, words);
    }

    #[track_caller]
    fn finish(self) {
        self.server.stop();
        self.deployment.finish();
    }
}

#[track_caller]
fn start(deployment: &Deployment, words: &str) -> Server {
    let published = deployment.sandbox().join("releases/published");
    let words = format!("{words} std events from={}", published.display());
    Server::start_at(deployment.sandbox(), deployment.program(), &words)
}

#[test]
fn a_release_serves_from_beside_the_path_and_takes_it_after_its_probation() {
    for strategy in STRATEGIES {
        let mut trial = Trial::start("handoff-upgrade", &format!("{strategy} {LONG}"));
        let second = trial.publish("version=2");
        trial.upgrades_to(2);
        assert_eq!(trial.deployment.installed(), trial.first.id(), "it has not proved itself");
        assert_eq!(trial.deployment.on_trial(), [second.id()]);
        // A restart meanwhile starts what is on trial, and a further upgrade waits.
        trial.server.hand_over();
        trial.is_served_with(2);
        trial.publish("version=3");
        trial.upgrade("Err(Error { kind: Busy");
        trial.finish();

        let mut trial = Trial::start("handoff-upgrade", &format!("{strategy} {SHORT}"));
        let second = trial.publish("version=2");
        trial.upgrades_to(2);
        trial.server.process.wait_line("event Committed", PATIENCE);
        assert_eq!(trial.deployment.installed(), second.id());
        trial.deployment.wait_listing(&[PREVIOUS, "app"]);
        trial.upgrade("Ok(UpToDate)");
        trial.server.hand_over();
        trial.is_served_with(2);
        let third = trial.publish("version=3");
        trial.upgrades_to(3);
        trial.server.process.wait_line("event Committed", PATIENCE);
        assert_eq!(trial.deployment.installed(), third.id());
        trial.finish();
    }
}

#[test]
fn only_what_is_signed_is_taken() {
    if !need::program("minisign") {
        return;
    }
    for strategy in STRATEGIES {
        let (deployment, first) =
            Deployment::with("handoff-signed", env!("CARGO_BIN_EXE_handing"), "version=1");
        let folder = deployment.sandbox().join("releases");
        let (signer, stranger) = (Signer::new(&folder, "one"), Signer::new(&folder, "stranger"));
        let published = folder.join("published");
        let words = format!("{strategy} {SHORT} trusted_key={}", signer.key());
        let server = start(&deployment, &words);
        let mut trial = Trial { deployment, first, published, server };
        let second = trial.publish("version=2");
        trial.upgrade("Err(Error { kind: Refused");
        trial.serves_on(&["app"]);
        trial.sign(&stranger.sign(&second, "version:2.0.0 file:app"));
        trial.upgrade("Err(Error { kind: Refused");
        trial.serves_on(&["app"]);
        trial.sign(&signer.sign(&second, "version:0.9.0 file:app"));
        trial.upgrade("Err(Error { kind: Refused");
        trial.serves_on(&["app"]);
        trial.sign(&signer.sign(&second, "version:2.0.0 file:app"));
        trial.upgrades_to(2);
        trial.server.process.wait_line("event Committed", PATIENCE);
        assert_eq!(trial.deployment.installed(), second.id());
        trial.finish();
    }
}

#[test]
fn a_release_that_fails_is_removed_and_refused_and_the_process_serves_on() {
    for strategy in STRATEGIES {
        let mut trial = Trial::start("handoff-crashes", &format!("{strategy} {SHORT}"));
        let second = trial.publish("version=2 crashes");
        trial.upgrade("Err(Error { kind: Successor");
        trial.serves_on(&[RECORD, "app"]);
        let record = fs::read_to_string(trial.deployment.sandbox().join(format!("bin/{RECORD}")));
        assert!(record.unwrap().contains(second.id()));
        trial.upgrade("Err(Error { kind: Refused");
        trial.serves_on(&[RECORD, "app"]);
        trial.publish("version=3");
        trial.upgrades_to(3);
        trial.server.process.wait_line("event Committed", PATIENCE);
        trial.finish();
    }
}

#[test]
fn a_release_that_is_killed_in_its_probation_has_never_had_the_path() {
    for strategy in STRATEGIES {
        let words = format!("{strategy} {LONG}");
        let mut trial = Trial::start("handoff-probation", &words);
        let second = trial.publish("version=2");
        trial.upgrades_to(2);
        trial.server.signal(Signal::SIGKILL);
        trial.server.wait_ended();
        trial.start_again(&words);
        let event = trial.server.process.wait_line("event RolledBack", PATIENCE);
        assert!(event.contains(second.id()), "{event}");
        trial.is_served_with(1);
        trial.serves_on(&[RECORD, "app"]);
        trial.upgrade("Err(Error { kind: Refused");
        trial.finish();
    }
}

#[test]
fn a_release_that_is_stopped_in_its_probation_may_come_again() {
    for strategy in STRATEGIES {
        for signal in [Signal::SIGQUIT, Signal::SIGTERM] {
            let words = format!("{strategy} {LONG}");
            let mut trial = Trial::start("handoff-stopped", &words);
            trial.publish("version=2");
            trial.upgrades_to(2);
            trial.server.signal(signal);
            trial.server.wait_ended();
            trial.start_again(&words);
            trial.is_served_with(1);
            trial.upgrades_to(2);
            trial.deployment.wait_listing(&[RECORD, TRIAL, "app"]);
            trial.finish();
        }
    }
}

#[test]
fn there_is_one_upgrade_at_a_time() {
    let mut trial = Trial::start("handoff-one-upgrade", &format!("single {SHORT}"));
    let gate = Gate::closed(trial.deployment.sandbox(), "gate-2");
    let first = trial.server.serves;
    trial.publish("version=2");
    trial.server.signal(Signal::SIGUSR1);
    // The probe is a child, too.
    wait_until("the successor", PATIENCE, || {
        !trial.deployment.on_trial().is_empty() && children_of(first).len() == 1
    });
    trial.upgrade("Err(Error { kind: Busy");
    assert_eq!(children_of(first).len(), 1);
    drop(gate.open());
    trial.is_replaced(2);
    wait_until("the predecessor to end", PATIENCE, || has_ended(first));
    trial.finish();
}
