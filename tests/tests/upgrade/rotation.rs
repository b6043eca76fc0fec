//! Tests the replacement of a key: the messages of the running master, and the keys that verify each
//! release.

use super::{PREVIOUS, http};
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Process, wait_until};
use selfup_tests::service::{Deployment, Service};
use selfup_tests::signer::Signer;
use std::fs;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");
const OTHERS: &str = "the program that serves trusts other keys than the one before it: releases are \
                      verified with its keys from now on";
const NONE: &str = "the program that serves trusts no key: this master goes on with the keys that it has, \
                    until the service is stopped and started";

fn offer(origin: &Origin, release: &Release, signer: &Signer, version: u32) {
    let signature = signer.sign(release, &format!("version:{version}.0.0 file:app"));
    origin.offer("/app.minisig", Offer::Whole(signature));
    origin.offer("/app", Offer::Whole(release.bytes()));
}

fn start(deployment: &Deployment, origin: &Origin, probation: &str) -> Service {
    deployment.start([&http(origin)[..], "own_version", probation, "events"])
}

fn count(process: &Process, words: &str) -> usize {
    let lines = process.lines();
    lines.iter().filter(|line| line.starts_with("[selfup") && line.contains(words)).count()
}

struct Rotation {
    deployment: Deployment,
    origin: Origin,
    service: Service,
    old: Signer,
    new: Signer,
}

impl Rotation {
    fn start(name: &str, probation: &str) -> Option<Self> {
        need::program("minisign").then(|| {
            let deployment = Deployment::new(name, APP);
            let folder = deployment.sandbox().join("releases");
            let [old, new] = ["old", "new"].map(|name| Signer::new(&folder, name));
            deployment.install(&deployment.release(&format!("version=1 trusts={}", old.key())));
            let origin = Origin::start();
            let service = start(&deployment, &origin, probation);
            Self { deployment, origin, service, old, new }
        })
    }

    fn release(&self, version: u32, trusts: &[&Signer]) -> Release {
        let keys: String = trusts.iter().map(|it| format!(" trusts={}", it.key())).collect();
        self.deployment.release(&format!("version={version}{keys}"))
    }

    /// Offers a release, and waits until it is committed.
    fn installs(&self, release: &Release, signer: &Signer, version: u32) {
        offer(&self.origin, release, signer, version);
        self.service.wait_version(version);
        self.service.process().wait_line_where("the commit", PATIENCE, |line| {
            line.starts_with("event Committed") && line.contains(release.id())
        });
    }
}

#[test]
fn a_committed_release_brings_its_keys() {
    let Some(it) = Rotation::start("rotation", "probation=200") else { return };
    let process = it.service.process();
    let [second, third, fourth] = [
        it.release(2, &[&it.old, &it.new]),
        it.release(3, &[&it.new, &it.old]),
        it.release(4, &[&it.new, &it.new]),
    ];
    it.installs(&second, &it.old, 2);
    println!("{}", it.service.wait_warning(&[OTHERS]));
    // The old key alone, which the first release trusts, would not do.
    it.installs(&third, &it.new, 3);
    it.installs(&fourth, &it.new, 4);
    wait_until("the second warning", PATIENCE, || count(process, OTHERS) == 2);
    // A key that is trusted no more signs nothing.
    let fifth = it.release(5, &[&it.new]);
    offer(&it.origin, &fifth, &it.old, 5);
    println!(
        "{}",
        it.service.wait_warning(&["refused a new executable", "it is signed by the key"])
    );
    it.service.is_version(4);
    it.deployment.wait_installed(&fourth);
    it.deployment.wait_listing(&[PREVIOUS, "app"]);
    assert_eq!(count(process, OTHERS), 2, "the same keys in another order are no others");
    assert_eq!(count(process, NONE), 0);

    // One that trusts other keys than those that have signed it is not fetched again, and refused.
    it.installs(&it.release(6, &[&it.old]), &it.new, 6);
    wait_until("the third warning", PATIENCE, || count(process, OTHERS) == 3);
    let polls = it.origin.requests().len();
    wait_until("five more polls", PATIENCE, || it.origin.requests().len() > polls + 5);
    assert_eq!(count(process, "refused a new executable"), 1, "{:?}", process.lines());
    it.service.terminate();
    it.deployment.finish();
}

/// The keys of a release on trial do not count yet.
#[test]
fn a_release_that_is_rolled_back_leaves_the_keys_as_they_were() {
    let Some(it) = Rotation::start("rotation-back", "probation=600000") else { return };
    let keys = format!("trusts={} trusts={}", it.old.key(), it.new.key());
    let bad = it.deployment.release(&format!("version=2 {keys} crashes_on_sight"));
    offer(&it.origin, &bad, &it.old, 2);
    it.service.wait_version(2);
    let crash = it.deployment.sandbox().join("crash");
    fs::write(&crash, "").unwrap();
    it.service.wait_warning(&["rolled back to the previous executable", bad.id()]);
    fs::remove_file(&crash).unwrap();
    it.service.wait_version(1);
    let third = it.release(3, &[&it.new]);
    offer(&it.origin, &third, &it.new, 3);
    println!(
        "{}",
        it.service.wait_warning(&["refused a new executable", "it is signed by the key"])
    );
    assert_eq!(count(it.service.process(), OTHERS), 0);
    it.service.terminate();
    it.deployment.finish();
}

#[test]
fn a_release_without_keys_turns_no_verification_off() {
    let Some(it) = Rotation::start("rotation-none", "probation=200") else { return };
    let process = it.service.process();
    it.installs(&it.release(2, &[]), &it.old, 2);
    println!("{}", it.service.wait_warning(&[NONE]));
    let third = it.release(3, &[]);
    offer(&it.origin, &third, &it.new, 3);
    println!(
        "{}",
        it.service.wait_warning(&["refused a new executable", "it is signed by the key"])
    );
    it.service.is_version(2);
    offer(&it.origin, &third, &it.old, 3);
    it.service.wait_version(3);
    it.deployment.wait_installed(&third);
    assert_eq!(count(process, NONE), 1, "once is enough");
    it.service.terminate();
    it.deployment.finish();
}

/// From its first key on, a service takes what is signed alone.
#[test]
fn the_first_key_turns_verification_on() {
    if !need::program("minisign") {
        return;
    }
    let (deployment, _) = Deployment::with("rotation-first", APP, "version=1");
    let folder = deployment.sandbox().join("releases");
    let [key, other] = ["key", "other"].map(|name| Signer::new(&folder, name));
    let [second, third] = [2, 3]
        .map(|version| deployment.release(&format!("version={version} trusts={}", key.key())));
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(second.bytes()));
    let service = start(&deployment, &origin, "probation=200");
    service.wait_version(2);
    println!("{}", service.wait_warning(&[OTHERS]));
    offer(&origin, &third, &other, 3);
    let warning = service.wait_warning(&["refused a new executable", "it is signed by the key"]);
    println!("{warning}");
    service.is_version(2);
    offer(&origin, &third, &key, 3);
    service.wait_version(3);
    deployment.wait_installed(&third);
    service.terminate();
    deployment.finish();
}

#[test]
fn where_no_key_is_trusted_there_is_nothing_to_report() {
    let (deployment, _) = Deployment::with("rotation-no-keys", APP, "version=1");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(second.bytes()));
    let service = start(&deployment, &origin, "probation=200");
    service.wait_version(2);
    deployment.wait_installed(&second);
    service.restart();
    service.process().wait_line("v2 finishes", PATIENCE);
    let process = service.process();
    assert_eq!((count(process, OTHERS), count(process, NONE)), (0, 0));
    service.terminate();
    deployment.finish();
}
