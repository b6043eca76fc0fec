//! Tests the note that marks an executable as a selfup program, without running it.

use super::{APP, deployed, http, publish};
use selfup_tests::need;
use selfup_tests::origin::Origin;
use selfup_tests::release::Release;
use std::fs;
use std::path::Path;
use std::process::Command;

fn objcopy(options: &[&str], to: &Path) {
    let status = Command::new("objcopy").args(options).arg(APP).arg(to).status().unwrap();
    assert!(status.success(), "objcopy {options:?}: {status}");
}

/// A copy without section headers, as some packers leave it.
fn without_sections(from: &Path, to: &Path) {
    let mut bytes = fs::read(from).unwrap();
    bytes[40..48].fill(0);
    bytes[60..64].fill(0);
    fs::write(to, bytes).unwrap();
}

#[test]
fn it_survives_stripping_and_the_loss_of_all_section_headers() {
    if !need::program("objcopy") {
        return;
    }
    let (deployment, _) = deployed("stripped");
    let folder = deployment.sandbox().join("releases");
    let [stripped, bare, unmarked] = ["stripped", "bare", "unmarked"].map(|name| folder.join(name));
    objcopy(&["--strip-all"], &stripped);
    without_sections(&stripped, &bare);
    objcopy(&["--strip-all", "--remove-section=.note.selfup"], &unmarked);
    let make = |from: &Path, version: u32| {
        Release::make(from, &format!("version={version}"), folder.join(format!("v{version}")))
    };
    let [second, third, fourth] = [make(&stripped, 2), make(&bare, 3), make(&unmarked, 4)];

    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin), "probation=200".to_owned()]);
    service.wait_version(2);
    publish(&origin, &third);
    service.wait_version(3);
    publish(&origin, &fourth);
    service.wait_warning(&["it is no selfup program: it carries no selfup note"]);
    service.is_version(3);
    service.terminate();
    deployment.finish();
}
