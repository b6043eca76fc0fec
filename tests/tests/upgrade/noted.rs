//! Tests releases with their name and version in a note, so that signatures cover both.

use super::manifest::{manifest, publish};
use super::{PREVIOUS, RECORD, http};
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::service::{Deployment, Service};
use selfup_tests::signer::Signer;
use std::fs;
use std::path::Path;
use std::process::Command;

const NOTED: &str = env!("CARGO_BIN_EXE_noted");
/// Its note as it was built.
const BUILT: &[u8] = b"app\x001.0.0\0";

/// A deployment, the signer of its releases, and the server at which it looks for them.
struct Trial {
    deployment: Deployment,
    signer: Signer,
    origin: Origin,
}

impl Trial {
    fn new(name: &str) -> Option<Self> {
        if !need::program("minisign") {
            return None;
        }
        let deployment = Deployment::new(name, NOTED);
        let signer = Signer::new(&deployment.sandbox().join("releases"), "one");
        let trial = Self { deployment, signer, origin: Origin::start() };
        trial.deployment.install(&trial.release("app", "1.0.0"));
        Some(trial)
    }

    /// Built under this name and version, of three letters and five.
    fn release(&self, name: &str, version: &str) -> Release {
        let mut bytes = fs::read(NOTED).unwrap();
        let places: Vec<_> =
            (0..bytes.len() - BUILT.len()).filter(|at| bytes[*at..].starts_with(BUILT)).collect();
        let [place] = places[..] else { panic!("its note is there {} times", places.len()) };
        let note = format!("{name}\0{version}\0");
        bytes[place..place + BUILT.len()].copy_from_slice(note.as_bytes());
        let folder = self.deployment.sandbox().join("releases");
        let built = folder.join(format!("built-{name}-{version}"));
        fs::write(&built, bytes).unwrap();
        let number = version.split('.').next().unwrap();
        let path = folder.join(format!("{name}-{version}"));
        Release::make(&built, &format!("version={number}"), path)
    }

    fn start(&self, words: &[String]) -> Service {
        let key = format!("trusted_key={}", self.signer.key());
        self.deployment.start(words.iter().chain(&[key, "probation=200".to_owned()]))
    }

    /// With a signature that says nothing but that.
    fn offer(&self, release: &Release) {
        let signature = self.signer.sign(release, "timestamp:1700000000");
        self.origin.offer("/app.minisig", Offer::Whole(signature));
        self.origin.offer("/app", Offer::Whole(release.bytes()));
    }
}

#[test]
fn a_signature_covers_name_and_version_without_a_comment() {
    let Some(trial) = Trial::new("noted") else { return };
    let [second, third] = ["2.0.0", "3.0.0"].map(|version| trial.release("app", version));
    let service = trial.start(&[http(&trial.origin)]);
    trial.offer(&third);
    service.wait_version(3);
    trial.offer(&second);
    let warning = service.wait_warning(&["it is version 2.0.0, older than 3.0.0 that runs"]);
    println!("{warning}");
    trial.offer(&trial.release("oth", "4.0.0"));
    let warning = service.wait_warning(&["it is the program \"oth\", and not \"app\""]);
    println!("{warning}");
    service.is_version(3);
    assert_eq!(trial.deployment.installed(), third.id());
    service.terminate();
    trial.deployment.finish();
}

#[test]
fn a_version_that_only_a_manifest_declares_does_not_count_as_the_executables_own() {
    let Some(trial) = Trial::new("noted-manifest") else { return };
    let service = trial.start(&[manifest(&trial.origin)]);
    let offer = |release: &Release, comment: &str| {
        let signature = trial.signer.sign(release, comment);
        publish(&trial.origin, release, "9.9.9", "1.0.0", &signature);
    };
    offer(&trial.release("app", "0.9.0"), "timestamp:1");
    service.wait_warning(&["it is version 0.9.0, older than 1.0.0 that runs"]);
    // Its entry says that it is "app".
    offer(&trial.release("oth", "2.0.0"), "file:oth-linux-x86_64");
    service.wait_warning(&["it is the program \"oth\", and not \"app\""]);
    offer(&trial.release("app", "2.0.0"), "file:oth-linux-x86_64");
    service.wait_warning(&["signed as file \"oth-linux-x86_64\", and this program is \"app\""]);
    offer(&trial.release("app", "3.0.0"), "version:4.0.0 file:app");
    service.wait_warning(&["signed as version \"4.0.0\", and says of itself that it is \"3.0.0\""]);
    service.is_version(1);
    offer(&trial.release("app", "5.0.0"), "file:app-5.0.0-x86_64-unknown-linux-gnu");
    service.wait_version(5);
    service.terminate();
    trial.deployment.finish();
}

#[test]
fn after_going_back_by_hand_what_serves_is_the_measure() {
    let Some(trial) = Trial::new("noted-rollback") else { return };
    let service = trial.start(&[http(&trial.origin)]);
    trial.offer(&trial.release("app", "3.0.0"));
    service.wait_version(3);
    trial.deployment.wait_listing(&[PREVIOUS, "app"]);
    service.ask("rollback");
    service.wait_version(1);
    // Older than what was gone back from, and newer than what serves.
    trial.offer(&trial.release("app", "2.0.0"));
    service.wait_version(2);
    trial.deployment.wait_listing(&[PREVIOUS, RECORD, "app"]);
    service.terminate();
    trial.deployment.finish();
}

#[test]
fn the_note_is_there_for_everybody_to_read_and_survives_stripping() {
    if !need::program("objcopy") || !need::program("readelf") {
        return;
    }
    let deployment = Deployment::new("noted-stripped", NOTED);
    let stripped = deployment.sandbox().join("releases/stripped");
    let status = Command::new("objcopy").arg("--strip-all").arg(NOTED).arg(&stripped).status();
    assert!(status.unwrap().success());
    for file in [Path::new(NOTED), &stripped] {
        let shown = Command::new("readelf").args(["-W", "-n"]).arg(file).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("61 70 70 00 31 2e 30 2e 30 00"), "{shown}");
        let notes = fs::read(file).unwrap();
        assert!(notes.windows(BUILT.len()).any(|window| window == BUILT));
    }
    deployment.finish();
}
