//! Tests one release after another.

use super::{PREVIOUS, deployed, http, publish};
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::{Release, sha1};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::{Service, put};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Publishes each release, with a request open across the upgrade to it.
#[track_caller]
fn upgrade_through(service: &Service, releases: &[Release], publish: impl Fn(&Release)) {
    for (version, release) in (2..).zip(releases) {
        let held = service.hold();
        publish(release);
        service.wait_version(version);
        assert_eq!(service.ask_for("id"), release.id(), "the id is the digest of the file");
        let response = held.finish();
        assert!(response.starts_with(&format!("v{} ", version - 1)), "by the old one: {response}");
    }
}

#[test]
fn three_releases_over_http_one_after_the_other() {
    let (deployment, first) = deployed("upgrade-http");
    fs::set_permissions(deployment.program(), fs::Permissions::from_mode(0o751)).unwrap();
    let releases = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let origin = Origin::start();
    publish(&origin, &first);
    let service = deployment.start([http(&origin), "probation=100".into()]);
    assert_eq!(service.ask_for("id"), first.id());
    let pid = service.process().pid();
    let visitors = service.visitors();
    upgrade_through(&service, &releases, |release| publish(&origin, release));
    visitors.leave();

    assert_eq!(service.process().pid(), pid);
    deployment.wait_installed(&releases[1]);
    let mode = deployment.program().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o751, "the mode is kept");
    deployment.wait_listing(&[PREVIOUS, "app"]);
    let previous = deployment.sandbox().join("bin/.app.selfup-previous");
    assert_eq!(sha1(&previous), releases[0].id(), "what it replaced last is kept");
    assert_eq!(service.warnings(), [""; 0]);
    service.terminate();
    deployment.finish();
}

#[test]
fn three_releases_from_a_file_one_after_the_other() {
    let (deployment, first) = deployed("upgrade-file");
    let releases = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let published = deployment.sandbox().join("releases/app");
    put(first.path(), &published, 0o600);
    let service =
        deployment.start([format!("file={}", published.display()), "probation=100".into()]);
    let visitors = service.visitors();
    upgrade_through(&service, &releases, |release| put(release.path(), &published, 0o600));
    visitors.leave();
    deployment.wait_installed(&releases[1]);
    let mode = deployment.program().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755, "not that of the published file");
    deployment.wait_listing(&[PREVIOUS, "app"]);
    service.terminate();
    deployment.finish();
}

#[test]
fn a_release_that_runs_already_restarts_nothing_and_is_asked_about_by_head_alone() {
    let (deployment, first) = deployed("upgrade-up-to-date");
    let origin = Origin::start();
    publish(&origin, &first);
    let service = deployment.start([http(&origin), "events".into()]);
    service.process().wait_line("event UpToDate", PATIENCE);
    wait_until("some polls", PATIENCE, || origin.count("HEAD") > 10);
    assert_eq!(origin.count("GET"), 1, "{:?}", origin.requests());
    assert_eq!(service.ask_for("generation"), "1");
    // Another tag for the same bytes: fetched once more, and now and then, and nothing follows from it.
    publish(&origin, &first);
    service.process().wait_line("event UpToDate", PATIENCE);
    let before = origin.count("HEAD");
    wait_until("some more polls", PATIENCE, || origin.count("HEAD") > before + 10);
    // A cache may have had the old bytes under the new tag. The pauses double from half a second on.
    assert!((2..=5).contains(&origin.count("GET")), "{:?}", origin.requests());
    assert_eq!(service.ask_for("generation"), "1");
    deployment.wait_listing(&["app"]);
    service.terminate();
    deployment.finish();
}

/// Without tags, times or anything, every poll is a download: only the bytes identify a release.
#[test]
fn a_server_without_validators_is_enough() {
    let (deployment, first) = deployed("upgrade-untagged");
    let second = deployment.release("version=2");
    let bad = deployment.release("version=3 crashes_at_start");
    let origin = Origin::start();
    let publish = |release: &Release| origin.offer("/app", Offer::Plain(release.bytes()));
    let wait_downloads = || {
        let before = origin.count("GET");
        wait_until("some downloads", PATIENCE, || origin.count("GET") > before + 3);
    };
    publish(&first);
    let service = deployment.start([http(&origin), "probation=100".into()]);
    let visitors = service.visitors();
    wait_downloads();
    assert_eq!(service.ask_for("generation"), "1");
    publish(&second);
    service.wait_version(2);
    wait_downloads();
    assert_eq!(service.ask_for("generation"), "2");

    // What is refused is refused once, however often it comes.
    origin.offer("/app", Offer::Plain(b"<html>".to_vec()));
    service.wait_warning(&["it is an HTML page"]);
    wait_downloads();
    publish(&bad);
    service.wait_warning(&["rolled back to the previous executable", bad.id()]);
    wait_downloads();
    service.is_version(2);
    // One that is known to be good is not.
    publish(&first);
    service.wait_version(1);
    publish(&second);
    service.wait_version(2);
    visitors.leave();
    assert_eq!(service.warnings().len(), 3, "{:?}", service.warnings());
    service.terminate();
    deployment.finish();
}

#[test]
fn the_url_names_the_platform_and_gz_is_decompressed() {
    let (deployment, _) = deployed("upgrade-platform");
    let second = deployment.release("version=2");
    let origin = Origin::start();
    let path = format!("/app-{}-{}.gz", std::env::consts::OS, std::env::consts::ARCH);
    origin.offer(&path, Offer::Whole(gzip(second.path())));
    let service = deployment.start([format!("http={}", origin.url("/app-{os}-{arch}.gz"))]);
    service.wait_version(2);
    assert_eq!(deployment.on_trial(), [second.id()]);
    service.terminate();
    deployment.finish();
}

fn gzip(path: &Path) -> Vec<u8> {
    let output = std::process::Command::new("gzip").arg("-1c").arg(path).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn a_closure_is_a_fetcher() {
    let (deployment, first) = deployed("upgrade-closure");
    let [second, third] = ["version=2", "version=3"].map(|notes| deployment.release(notes));
    let published = deployment.sandbox().join("releases/app");
    put(second.path(), &published, 0o644);
    let service =
        deployment.start([format!("closure={}", published.display()), "probation=100".into()]);
    service.process().wait_line(&format!("fetches, {} is in use", first.id()), PATIENCE);
    service.wait_version(2);
    assert_eq!(service.ask_for("id"), second.id());
    put(third.path(), &published, 0o644);
    service.process().wait_line(&format!("fetches, {} is in use", second.id()), PATIENCE);
    service.wait_version(3);
    service.terminate();
    deployment.finish();
}
