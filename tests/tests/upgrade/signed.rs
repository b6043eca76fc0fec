//! Tests releases with and without a signature.
//!
//! For every bad signature, one warning names the error, the service goes on, no file stays in the
//! folder of the program, and a release with a good signature is installed.

use super::{PREVIOUS, deployed, http};
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::{Deployment, Service, put};
use selfup_tests::signer::Signer;
use std::fs;
use std::process::Command;

/// A service at version 1 that trusts two keys, and where it looks for the next one.
struct Trial {
    deployment: Deployment,
    first: Release,
    signers: [Signer; 2],
    stranger: Signer,
    origin: Origin,
    service: Service,
}

impl Trial {
    /// Nothing, if there is no minisign.
    fn start(name: &str, words: &[&str]) -> Option<Self> {
        if !need::program("minisign") {
            return None;
        }
        let (deployment, first) = deployed(name);
        let folder = deployment.sandbox().join("releases");
        let signer = |name| Signer::new(&folder, name);
        let (signers, stranger) = ([signer("one"), signer("two")], signer("stranger"));
        let origin = Origin::start();
        // Short, because nothing further is fetched before an upgrade is decided about.
        let mut all = vec!["probation=200".to_owned()];
        all.extend(words.iter().map(|word| (*word).to_owned()));
        if !words.iter().any(|word| word.starts_with("version=")) {
            all.push("own_version".to_owned());
        }
        all.extend(signers.iter().map(|signer| format!("trusted_key={}", signer.key())));
        all.push(http(&origin));
        let service = deployment.start(all);
        Some(Self { deployment, first, signers, stranger, origin, service })
    }

    /// Publishes the signature first, as one should.
    fn offer(&self, release: &Release, signature: Vec<u8>) {
        self.origin.offer("/app.minisig", Offer::Whole(signature));
        self.origin.offer("/app", Offer::Whole(release.bytes()));
    }

    #[track_caller]
    fn refuses(&self, words: &[&str]) {
        let warning = self.service.wait_warning(words);
        println!("{warning}");
        self.service.is_version(1);
        assert_eq!(self.deployment.installed(), self.first.id());
        self.deployment.wait_listing(&["app"]);
    }

    #[track_caller]
    fn installs(&self, version: u32, release: &Release) {
        self.service.wait_version(version);
        self.deployment.wait_installed(release);
        self.deployment.wait_listing(&[PREVIOUS, "app"]);
    }

    fn finish(self) {
        self.service.terminate();
        self.deployment.finish();
    }
}

#[test]
fn only_what_a_trusted_key_signed_is_installed() {
    let Some(trial) = Trial::start("signed", &[]) else { return };
    let [second, third] = ["version=2", "version=3"].map(|notes| trial.deployment.release(notes));
    let visitors = trial.service.visitors();

    trial.origin.offer("/app", Offer::Whole(second.bytes()));
    trial.refuses(&["refused a new executable", "no signature came", "minisign -S"]);
    trial.origin.offer(
        "/app.minisig",
        Offer::Whole(trial.stranger.sign(&second, "version:2.0.0 file:app")),
    );
    trial.refuses(&["refused a new executable", "it is signed by the key", "trust that one"]);
    trial.origin.offer(
        "/app.minisig",
        Offer::Whole(trial.signers[0].sign(&third, "version:3.0.0 file:app")),
    );
    trial.refuses(&["refused a new executable", "is not one of these bytes"]);
    trial.origin.offer(
        "/app.minisig",
        Offer::Whole(trial.signers[0].sign(&second, "version:2.0.0 file:other")),
    );
    trial.refuses(&["refused a new executable", "as file \"other\"", "this program is \"app\""]);
    trial.origin.offer("/app.minisig", Offer::Whole(b"<html>Not Found</html>".to_vec()));
    trial.refuses(&["refused a new executable", "what came as its signature is none"]);
    // The same file all the time: a signature that comes late is seen.
    trial.origin.offer(
        "/app.minisig",
        Offer::Whole(trial.signers[0].sign(&second, "version:2.0.0 file:app")),
    );
    trial.installs(2, &second);

    // The other key signs from here on.
    trial.offer(&third, trial.signers[1].sign(&third, "version:3.0.0 file:app"));
    trial.installs(3, &third);
    visitors.leave();
    let mut warnings = trial.service.warnings();
    warnings.retain(|warning| warning.contains("refused a new executable"));
    assert_eq!(warnings.len(), 5, "one for each: {warnings:?}");
    trial.finish();
}

#[test]
fn a_server_that_cannot_say_whether_there_is_a_signature_is_asked_again() {
    let Some(trial) = Trial::start("signature-503", &[]) else { return };
    let second = trial.deployment.release("version=2");
    trial.origin.offer("/app.minisig", Offer::Status(503));
    trial.origin.offer("/app", Offer::Whole(second.bytes()));
    trial.refuses(&["/app.minisig: the server responds with 503"]);
    trial.origin.offer(
        "/app.minisig",
        Offer::Whole(trial.signers[0].sign(&second, "version:2.0.0 file:app")),
    );
    trial.installs(2, &second);
    trial.finish();
}

/// Only the signature reveals the damage; by all that the server sends it is the same file afterwards.
#[test]
fn one_that_was_damaged_on_its_way_is_fetched_again() {
    let Some(trial) = Trial::start("signed-damaged", &[]) else { return };
    let second = trial.deployment.release("version=2");
    let signature = trial.signers[0].sign(&second, "version:2.0.0 file:app");
    trial.origin.offer("/app.minisig", Offer::Whole(signature));
    trial.origin.offer("/app", Offer::Spoiled(second.bytes()));
    trial.service.wait_warning(&["refused a new executable", "is not one of these bytes"]);
    trial.installs(2, &second);
    trial.finish();
}

#[test]
fn an_older_release_that_is_signed_is_refused() {
    let Some(trial) = Trial::start("downgrade", &["version=1.0.0"]) else { return };
    let releases =
        ["version=1", "version=2", "version=3"].map(|notes| trial.deployment.release(notes));
    let [_, second, third] = &releases;
    let sign = |release, version: &str| {
        trial.signers[0].sign(release, &format!("version:{version} file:app"))
    };
    trial.offer(second, sign(second, "0.9.0"));
    trial.refuses(&["refused a new executable", "it is version 0.9.0, older than 1.0.0 that runs"]);

    trial.offer(third, sign(third, "3.0.0"));
    trial.installs(3, third);
    // Newer than this master, but not than its child.
    trial.offer(second, sign(second, "2.0.0"));
    trial.service.wait_warning(&["it is version 2.0.0, older than 3.0.0 that runs"]);
    trial.service.is_version(3);
    trial.deployment.wait_installed(third);
    trial.finish();
}

#[test]
fn a_downgrade_may_be_allowed() {
    let words = ["version=5.0.0", "allow_downgrade"];
    let Some(trial) = Trial::start("downgrade-allowed", &words) else { return };
    let second = trial.deployment.release("version=2");
    trial.offer(&second, trial.signers[0].sign(&second, "version:2.0.0"));
    trial.installs(2, &second);
    trial.finish();
}

#[test]
fn a_version_is_required_where_keys_are_trusted() {
    let words = ["version=1.0.0"];
    let Some(trial) = Trial::start("version-required", &words) else { return };
    let [second, third] = ["version=2", "version=3"].map(|notes| trial.deployment.release(notes));
    trial.offer(&second, trial.signers[0].sign(&second, "file:app"));
    let warning = trial.service.wait_warning(&["its version is not known, and required"]);
    println!("{warning}");
    trial.service.is_version(1);
    // The release is signed again, with its version.
    trial.offer(&second, trial.signers[0].sign(&second, "version:2.0.0 file:app"));
    trial.installs(2, &second);
    // Also of what is measured against a later one.
    trial.offer(&third, trial.signers[0].sign(&third, "file:app"));
    trial.service.wait_warning(&["its version is not known, and required"]);
    trial.offer(&third, trial.signers[0].sign(&third, "version:1.5.0"));
    trial.service.wait_warning(&["it is version 1.5.0, older than 2.0.0 that runs"]);
    trial.service.is_version(2);
    trial.finish();
}

#[test]
fn a_file_is_published_with_its_signature() {
    if !need::program("minisign") {
        return;
    }
    for name in ["app", "app.gz"] {
        let (deployment, first) = deployed("signed-file");
        let folder = deployment.sandbox().join("releases");
        let signer = Signer::new(&folder, "one");
        let published = folder.join(name);
        let service = deployment.start([
            "own_version".to_owned(),
            format!("trusted_key={}", signer.key()),
            format!("file={}", published.display()),
        ]);
        let second = deployment.release("version=2");
        if name == "app" {
            put(second.path(), &published, 0o644);
        } else {
            let packed = Command::new("gzip").arg("-1c").arg(second.path()).output().unwrap();
            assert!(packed.status.success());
            fs::write(folder.join("packed"), packed.stdout).unwrap();
            put(&folder.join("packed"), &published, 0o644);
        }
        println!("{}", service.wait_warning(&["refused a new executable", "no signature came"]));
        service.is_version(1);
        assert_eq!(deployment.installed(), first.id());
        deployment.wait_listing(&["app"]);

        // A signature of the uncompressed file, in either case.
        fs::write(folder.join("beside"), signer.sign(&second, "version:2.0.0 file:app")).unwrap();
        put(&folder.join("beside"), &folder.join("app.minisig"), 0o644);
        service.wait_version(2);
        deployment.wait_installed(&second);
        service.terminate();
        deployment.finish();
    }
}

#[test]
fn a_release_with_a_key_that_cannot_be_read_does_not_get_to_serve() {
    let (deployment, first) = deployed("bad-key-release");
    let (bad, good) = (deployment.release("version=2 bad_key"), deployment.release("version=3"));
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(bad.bytes()));
    let service = deployment.start([http(&origin)]);
    let line = service.process().wait_line("could not use the trusted key number 1", PATIENCE);
    println!("{line}");
    println!("{}", service.wait_warning(&[bad.id()]));
    service.is_version(1);
    assert_eq!(deployment.installed(), first.id());
    origin.offer("/app", Offer::Whole(good.bytes()));
    service.wait_version(3);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_key_or_version_that_cannot_be_read_ends_the_start() {
    let (deployment, _) = deployed("bad-key");
    for (word, words) in [
        ("trusted_key=RWnonsense", "trusted key number 1: could not take a text of 10 characters"),
        ("trusted_key=", "trusted key number 1: could not take a text of 0 characters"),
        ("version=one", "version of this program: could not take \"one\" for a version"),
        (
            "require_version",
            "could not require a version, since this program declares none: add selfup::release!()",
        ),
        (
            "trusted_key=RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
            "version(env!(\"CARGO_PKG_VERSION\")) or, for any, allow_downgrade(true)",
        ),
    ] {
        let mut command = Command::new(deployment.program());
        // The error ends the start, although no master is required.
        command.args(["address=127.0.0.1:0", word]);
        let process = deployment.sandbox().start(command);
        let end = process.wait(PATIENCE);
        let lines = process.wait_all_lines(PATIENCE);
        assert_eq!((end.code(), lines.len()), (Some(1), 1), "{end}: {lines:?}");
        println!("{}", lines[0]);
        assert!(lines[0].starts_with("[selfup] could not "), "{}", lines[0]);
        assert!(lines[0].contains(words), "{}", lines[0]);
    }
    deployment.finish();
}
