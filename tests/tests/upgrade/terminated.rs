//! Tests SIGTERM in the middle of an upgrade: the service ends as without one, and leaves no files.

use super::{RECORD, TRIAL, deployed, http, publish};
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, children_of, wait_for, wait_until};
use selfup_tests::service::{Deployment, Service};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

/// Long against the end of a process, short against any deadline of a transfer, a probe or a start.
const PROMPT: Duration = Duration::from_secs(4);

#[track_caller]
fn ends_at_once(deployment: Deployment, service: &Service, installed: &Release, listing: &[&str]) {
    let asked = Instant::now();
    let end = service.terminate();
    assert!(asked.elapsed() < PROMPT, "it took {:?}", asked.elapsed());
    assert_eq!(end.code(), Some(0), "like the child: {end}");
    assert_eq!(deployment.installed(), installed.id());
    // Whatever was put there for the upgrade is gone, and the processes too (see finish).
    deployment.wait_listing(listing);
    deployment.finish();
}

#[test]
fn during_the_download() {
    let (deployment, first) = deployed("term-download");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    origin.offer("/app", Offer::Stalled(second.bytes()));
    let service = deployment.start([http(&origin)]);
    let half = second.bytes().len() as u64 / 2;
    wait_until("half of it to arrive", PATIENCE, || {
        fs::read_dir(deployment.sandbox().join("bin")).unwrap().any(|entry| {
            let entry = entry.unwrap();
            entry.file_name().to_string_lossy().contains(".selfup-new-")
                && written(&entry.path()) >= half
        })
    });
    ends_at_once(deployment, &service, &first, &["app"]);
}

/// Space is reserved beforehand: what counts is where the data ends.
fn written(path: &std::path::Path) -> u64 {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) as u64 + 64 * 1024
}

#[test]
fn during_the_probe() {
    let (deployment, first) = deployed("term-probe");
    let second = deployment.release("version=2 when_probed=hangs");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin)]);
    let probe = wait_for("the probe", PATIENCE, || {
        let children = children_of(service.process().pid());
        children.into_iter().find(|child| executable(*child).contains(".selfup-new-"))
    });
    ends_at_once(deployment, &service, &first, &["app"]);
    assert!(!executable(probe).contains(".selfup-new-"), "the probe {probe} is left");
}

/// Before the first byte: while it is seen whether anything could be installed, and while what is
/// there is looked at.
#[test]
fn as_soon_as_anything_is_put_beside_the_program() {
    for _ in 0..5 {
        let (deployment, first) = deployed("term-beside");
        let origin = Origin::start();
        publish(&origin, &first);
        let mut command = Command::new(deployment.program());
        command.args(["address=127.0.0.1:0", &http(&origin)]);
        let process = deployment.sandbox().start(command);
        let folder = deployment.sandbox().join("bin");
        wait_until("something beside the program", PATIENCE, || {
            // As often as can be: some of it is there for a millisecond only.
            (0..200).any(|_| fs::read_dir(&folder).unwrap().count() > 1)
        });
        process.signal(libc::SIGTERM);
        let end = process.wait(PATIENCE);
        // It may not listen yet, and dies of the signal then.
        assert!(end.success() || end.signal() == Some(libc::SIGTERM), "{end}");
        deployment.wait_listing(&["app"]);
        deployment.finish();
    }
}

fn executable(pid: u32) -> String {
    let link = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    link.display().to_string()
}

#[test]
fn during_the_candidate_s_start() {
    let (deployment, first) = deployed("term-start");
    let second = deployment.release("version=2 never_ready");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin)]);
    service.process().wait_line("v2 starts", PATIENCE);
    ends_at_once(deployment, &service, &first, &[RECORD, TRIAL, "app"]);
}

#[test]
fn during_the_probation() {
    let (deployment, first) = deployed("term-probation");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    publish(&origin, &second);
    let service = deployment.start([http(&origin), "probation=600000".into()]);
    service.wait_version(2);
    ends_at_once(deployment, &service, &first, &[RECORD, TRIAL, "app"]);
}
