//! A key takes another's place: what the master that goes on says, and who verifies what.

use super::{PREVIOUS, http};
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Process};
use selfup_tests::service::{Deployment, Service};
use selfup_tests::signer::Signer;

const APP: &str = env!("CARGO_BIN_EXE_upgradable");
const BEHIND: &str = "this master still verifies releases with the keys that it was started with; \
                      restart the service once the keys have changed";

fn offer(origin: &Origin, release: &Release, signer: &Signer, version: u32) {
    let signature = signer.sign(release, &format!("version:{version}.0.0 file:app"));
    origin.offer("/app.minisig", Offer::Whole(signature));
    origin.offer("/app", Offer::Whole(release.bytes()));
}

fn start(deployment: &Deployment, origin: &Origin) -> Service {
    deployment.start([&http(origin)[..], "own_version", "probation=200", "events"])
}

fn is_behind(process: &Process) -> usize {
    let lines = process.lines();
    lines.iter().filter(|line| line.starts_with("[selfup") && line.contains(BEHIND)).count()
}

#[test]
fn a_master_says_that_it_keeps_its_keys_and_the_next_one_has_the_new_ones() {
    if !need::program("minisign") {
        return;
    }
    let deployment = Deployment::new("rotation", APP);
    let folder = deployment.sandbox().join("releases");
    let [old, new] = ["old", "new"].map(|name| Signer::new(&folder, name));
    let both = format!("trusts={} trusts={}", old.key(), new.key());
    let release =
        |version: u32, trusts: &str| deployment.release(&format!("version={version} {trusts}"));
    deployment.install(&release(1, &format!("trusts={}", old.key())));
    let [second, third, fourth] =
        [release(2, &both), release(3, &both), release(4, &format!("trusts={}", new.key()))];
    let origin = Origin::start();
    let service = start(&deployment, &origin);

    offer(&origin, &second, &old, 2);
    service.wait_version(2);
    println!("{}", service.wait_warning(&[BEHIND]));
    // By the keys of version 1.
    offer(&origin, &third, &new, 3);
    println!("{}", service.wait_warning(&["refused a new executable", "it is signed by the key"]));
    service.is_version(2);
    // Signed again, and kept: said once is enough.
    offer(&origin, &third, &old, 3);
    service.wait_version(3);
    deployment.wait_installed(&third);
    deployment.wait_listing(&[PREVIOUS, "app"]);
    service.process().wait_line_where("the second to be kept", PATIENCE, |line| {
        line.starts_with("event Committed") && line.contains(third.id())
    });
    assert_eq!(is_behind(service.process()), 1);
    service.terminate();

    let service = start(&deployment, &origin);
    offer(&origin, &fourth, &new, 4);
    service.wait_version(4);
    deployment.wait_installed(&fourth);
    service.terminate();
    deployment.finish();
}

#[test]
fn without_trusted_keys_there_is_no_such_warning() {
    let (deployment, _) = Deployment::with("rotation-none", APP, "version=1");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    origin.offer("/app", Offer::Whole(second.bytes()));
    let service = start(&deployment, &origin);
    service.wait_version(2);
    deployment.wait_installed(&second);
    service.restart();
    service.process().wait_line("v2 finishes", PATIENCE);
    assert_eq!(is_behind(service.process()), 0);
    service.terminate();
    deployment.finish();
}
