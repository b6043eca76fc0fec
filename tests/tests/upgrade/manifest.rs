//! Tests upgrades that a manifest announces.

use super::deployed;
use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::signer::Signer;

/// Publishes a release at a path of its own, and then the manifest of it.
pub(super) fn publish(
    origin: &Origin,
    release: &Release,
    version: &str,
    minimum: &str,
    signature: &[u8],
) {
    let path = format!("/app-{}", release.id());
    origin.offer(&path, Offer::Whole(release.bytes()));
    let signature = match std::str::from_utf8(signature).unwrap() {
        "" => String::new(),
        text => format!(r#", "signature": {text:?}"#),
    };
    let manifest = format!(
        r#"{{
            "format": 1,
            "version": "{version}",
            "minimum_version": "{minimum}",
            "targets": {{
                "{os}-{arch}": {{
                    "url": "{path}",
                    "executable": {{ "name": "app", "digests": ["sha1:{id}"] }}{signature}
                }}
            }}
        }}"#,
        os = std::env::consts::OS,
        arch = std::env::consts::ARCH,
        id = release.id(),
    );
    origin.offer("/manifest.json", Offer::Whole(manifest.into_bytes()));
}

pub(super) fn manifest(origin: &Origin) -> String {
    format!("manifest={}", origin.url("/manifest.json"))
}

#[test]
fn a_program_that_is_too_old_for_the_manifest_stays_and_reports_it() {
    let (deployment, first) = deployed("manifest-minimum");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &third, "3.0.0", "2.0.0", b"");
    let words = ["own_version".to_owned(), "probation=100".into(), manifest(&origin)];
    let service = deployment.start(words);
    let warning = service.wait_warning(&["/manifest.json: version 3.0.0 replaces 2.0.0 and newer"]);
    assert!(warning.contains("1.0.0 runs; install one in between first"), "{warning}");
    service.is_version(1);
    assert_eq!(deployment.installed(), first.id());
    assert!(!origin.requests().iter().any(|request| request.contains("/app-")));

    // In between, and from there on: the version of what runs is not that of this master.
    publish(&origin, &second, "2.1.0", "1.0.0", b"");
    service.wait_version(2);
    publish(&origin, &third, "3.0.0", "2.0.0", b"");
    service.wait_version(3);
    deployment.wait_installed(&third);
    service.terminate();
    deployment.finish();
}

#[test]
fn one_that_does_not_know_its_version_stays_as_well() {
    let (deployment, first) = deployed("manifest-unknown");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second, "2.0.0", "1.0.0", b"");
    let service = deployment.start([manifest(&origin)]);
    service.wait_warning(&["the version that runs is not known; set it in the configuration"]);
    service.is_version(1);
    // What runs may be announced all the same.
    publish(&origin, &first, "1.0.0", "1.0.0", b"");
    let asked = origin.count("HEAD");
    let asks = || origin.count("HEAD") > asked + 2;
    wait_until("polls", PATIENCE, asks);
    assert!(!origin.requests().iter().any(|request| request.contains("/app-")));
    service.terminate();
    deployment.finish();
}

#[test]
fn a_signature_is_in_the_manifest() {
    if !need::program("minisign") {
        return;
    }
    let (deployment, first) = deployed("manifest-signed");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let folder = deployment.sandbox().join("releases");
    let [signer, stranger] = ["one", "stranger"].map(|name| Signer::new(&folder, name));
    let origin = Origin::start();
    publish(&origin, &second, "2.0.0", "1.0.0", &stranger.sign(&second, "version:2.0.0"));
    let service = deployment.start([
        "own_version".to_owned(),
        "probation=100".into(),
        format!("trusted_key={}", signer.key()),
        manifest(&origin),
    ]);
    let warning = service.wait_warning(&["refused a new executable"]);
    println!("{warning}");
    service.is_version(1);
    assert_eq!(deployment.installed(), first.id());
    publish(&origin, &second, "2.0.0", "1.0.0", &signer.sign(&second, "version:2.0.0 file:app"));
    service.wait_version(2);
    publish(&origin, &third, "3.0.0", "2.0.0", &signer.sign(&third, "version:3.0.0 file:app"));
    service.wait_version(3);
    service.terminate();
    deployment.finish();
}
