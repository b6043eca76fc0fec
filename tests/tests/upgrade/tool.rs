//! Tests a command-line tool that knows its version and updates itself from every kind of source.

use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::{Release, sha256};
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::Deployment;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{PREVIOUS, RECORD};

const TOOL: &str = env!("CARGO_BIN_EXE_updating");

/// A tool of version 1.1.0, and what is published for it.
struct Tool {
    deployment: Deployment,
    own: Release,
    origin: Origin,
}

/// The result of a run: the exit code, and all output.
type Ran = (Option<i32>, String);

impl Tool {
    fn new(name: &str) -> Self {
        let (deployment, own) = Deployment::with(name, TOOL, "semver=1.1.0");
        Self { deployment, own, origin: Origin::start() }
    }

    fn release(&self, version: &str) -> Release {
        self.deployment.release(&format!("semver={version} again"))
    }

    /// Publishes it with a manifest as `docs/MANIFEST.md` has it, with SHA-256 alone.
    fn publish(&self, version: &str, path: &Path) {
        self.publish_for("linux", version, path);
    }

    fn publish_for(&self, target: &str, version: &str, path: &Path) {
        let digest = sha256(path);
        let manifest = format!(
            r#"{{"format": 1, "version": "{version}", "targets": {{"{target}": {{"url": "app",
            "digests": ["sha256:{digest}"], "executable": {{"digests": ["sha256:{digest}"]}}}}}}}}"#
        );
        self.origin.offer("/app", Offer::Whole(fs::read(path).unwrap()));
        self.origin.offer("/manifest.json", Offer::Whole(manifest.into_bytes()));
    }

    fn manifest(&self) -> String {
        format!("manifest={}", self.origin.url("/manifest.json"))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.deployment.program());
        command.args(words);
        command
    }

    fn run(&self, command: Command) -> Ran {
        let process = self.deployment.sandbox().start(command);
        let said = process.wait_all_lines(3 * PATIENCE).join("\n");
        (process.wait(PATIENCE).code(), said)
    }

    fn check(&self) -> Ran {
        self.run(self.command(&["check", &self.manifest()]))
    }

    fn update(&self, words: &[&str]) -> Ran {
        let manifest = self.manifest();
        self.run(self.command(&[&["update", manifest.as_str()], words].concat()))
    }

    /// Whether the file itself was asked for, since the last time.
    fn was_downloaded(&self, before: usize) -> bool {
        self.origin.requests()[before..].iter().any(|request| request.ends_with("/app"))
    }

    #[track_caller]
    fn is_as_it_was(&self) {
        assert_eq!(self.deployment.installed(), self.own.id());
        self.deployment.wait_listing(&["app"]);
    }
}

fn ok(said: &str) -> Ran {
    (Some(0), said.to_owned())
}

#[test]
fn a_manifest_is_enough_for_a_check() {
    let tool = Tool::new("tool-check");
    let text = tool.deployment.sandbox().write("releases/text", "no executable at all");
    let (newer, older, same) =
        (tool.release("1.2.0"), tool.release("1.0.0"), tool.release("1.1.0"));
    for (version, path, said) in [
        ("1.2.0", newer.path(), "1.2.0 is available; this is 1.1.0"),
        ("1.0.0", older.path(), "1.1.0 is newer than 1.0.0, which is the newest published"),
        (
            "1.1.0",
            same.path(),
            "up to date (1.1.0); another file is published under the same version",
        ),
        ("1.1.0", tool.own.path(), "up to date (1.1.0)"),
        ("1.0.9", &text, "1.1.0 is newer than 1.0.9, which is the newest published"),
    ] {
        tool.publish(version, path);
        let before = tool.origin.requests().len();
        assert_eq!(tool.check(), ok(said));
        assert_eq!(tool.origin.requests()[before..], ["GET /manifest.json"]);
        tool.is_as_it_was();
    }
    tool.deployment.finish();
}

#[test]
fn nothing_is_downloaded_that_is_not_installed() {
    let tool = Tool::new("tool-update");
    let (older, same) = (tool.release("1.0.0"), tool.release("1.1.0"));
    for (version, path, said) in [
        ("1.1.0", tool.own.path(), "up to date (1.1.0)"),
        ("1.0.0", older.path(), "1.1.0 is newer than 1.0.0, which is the newest published"),
        (
            "1.1.0",
            same.path(),
            "up to date (1.1.0); another file is published under the same version",
        ),
    ] {
        tool.publish(version, path);
        let before = tool.origin.requests().len();
        assert_eq!(tool.update(&[]), ok(said));
        assert!(!tool.was_downloaded(before), "{version}");
        tool.is_as_it_was();
    }
    // `force` installs it all the same.
    let (code, said) = tool.update(&["force"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("updated from "), "{said}");
    assert_eq!(tool.deployment.installed(), same.id());
    tool.publish("1.0.0", older.path());
    assert_eq!(tool.update(&["allow_downgrade"]), ok("updated from 1.1.0 to 1.0.0"));
    assert_eq!(tool.deployment.installed(), older.id());
    tool.deployment.wait_listing(&[PREVIOUS, RECORD, "app"]);
    assert_eq!(tool.run(tool.command(&["work"])), ok("works as 1.0.0"));
    tool.deployment.wait_listing(&[PREVIOUS, "app"]);
    tool.deployment.finish();
}

#[test]
fn one_mv_brings_back_what_was_replaced() {
    let tool = Tool::new("tool-back");
    let broken = tool.release("1.2.0 broken");
    tool.publish("1.2.0", broken.path());
    assert_eq!(tool.update(&[]), ok("updated from 1.1.0 to 1.2.0"));
    assert_eq!(tool.run(tool.command(&["work"])), (Some(3), "does not start".to_owned()));
    tool.deployment.wait_listing(&[PREVIOUS, RECORD, "app"]);

    let program = tool.deployment.program();
    fs::rename(program.with_file_name(PREVIOUS), &program).unwrap();
    assert_eq!(tool.run(tool.command(&["work"])), ok("works as 1.1.0"));
    // It is known by now, and not installed again.
    let (code, said) = tool.update(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.starts_with("1.2.0 was not installed: it was refused before: "), "{said}");
    assert_eq!(tool.deployment.installed(), tool.own.id());
    let good = tool.release("1.3.0");
    tool.publish("1.3.0", good.path());
    assert_eq!(tool.update(&[]), ok("updated from 1.1.0 to 1.3.0"));
    assert_eq!(tool.run(tool.command(&["work"])), ok("works as 1.3.0"));
    tool.deployment.finish();
}

#[test]
fn a_release_without_this_platform_is_not_an_error() {
    let tool = Tool::new("tool-platform");
    tool.publish_for("plan9", "1.2.0", tool.release("1.2.0").path());
    for (code, said) in [tool.check(), tool.update(&[])] {
        assert_eq!(code, Some(0), "{said}");
        let note = "up to date (1.1.0); the manifest of version 1.2.0 has nothing for ";
        assert!(said.starts_with(note) && said.lines().count() == 1, "{said}");
        assert!(!said.contains("plan9"), "{said}");
    }
    tool.is_as_it_was();
    tool.deployment.finish();
}

#[test]
fn what_would_be_refused_is_not_available() {
    let tool = Tool::new("tool-refused");
    let check = || {
        let url = format!("http={}", tool.origin.url("/app"));
        tool.run(tool.command(&["check", &url]))
    };
    for (bytes, refused) in [
        (&b"<!DOCTYPE html><title>Sign in</title>"[..], "Refused, for good"),
        (b"#!/bin/sh\necho hello\n", "Refused, for good"),
        // The release may be on its way to this server.
        (b"", "Refused, for now"),
    ] {
        tool.origin.offer("/app", Offer::Whole(bytes.to_vec()));
        let (code, said) = check();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("what is published could not be installed: "), "{said}");
        assert!(said.contains(refused), "{said}");
        tool.is_as_it_was();
    }
    let newer = tool.release("1.2.0");
    tool.origin.offer("/app", Offer::Whole(newer.bytes()));
    let (code, said) = check();
    assert_eq!(code, Some(0), "{said}");
    let id = &newer.id()[..12];
    assert_eq!(said, format!("another version is available ({id}); this is 1.1.0"));
    // An artifact without a signature is not installed either.
    tool.publish("1.2.0", newer.path());
    let key = "trusted_key=RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    let (code, said) = tool.run(tool.command(&["check", &tool.manifest(), key]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no signature came with it"), "{said}");
    assert!(!said.lines().next().unwrap().contains("minisign -S"), "{said}");
    assert!(said.contains("advice: sign the executable"), "{said}");
    tool.deployment.finish();
}

#[test]
fn every_user_who_may_run_it_may_check() {
    if !need::root() || !need::program("setpriv") {
        return;
    }
    let tool = Tool::new("tool-anybody");
    fs::set_permissions(tool.deployment.sandbox().path(), Permissions::from_mode(0o755)).unwrap();
    tool.publish("1.2.0", tool.release("1.2.0").path());
    let as_nobody = |words: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(tool.deployment.program()).args(words);
        tool.run(command)
    };
    assert_eq!(as_nobody(&["check", &tool.manifest()]), ok("1.2.0 is available; this is 1.1.0"));
    // The whole artifact has to be read.
    let url = format!("http={}", tool.origin.url("/app"));
    let (code, said) = as_nobody(&["check", &url]);
    assert!(code == Some(0) && said.starts_with("another version is available"), "{said}");
    let (code, said) = as_nobody(&["update", &tool.manifest()]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("permission denied") && said.contains("NotPermitted, for good"),
        "{said}"
    );
    tool.is_as_it_was();
    tool.deployment.finish();
}

#[test]
fn a_check_does_not_wait_and_an_update_reports_why_it_cannot() {
    let tool = Tool::new("tool-busy");
    let newer = tool.release("1.2.0");
    tool.publish("1.2.0", newer.path());
    tool.origin.offer("/app", Offer::Stalled(newer.bytes()));
    let words = ["update", &tool.manifest(), "progress"];
    let one = tool.deployment.sandbox().start(tool.command(&words));
    one.wait_line(" of ", PATIENCE);
    assert_eq!(tool.check(), ok("1.2.0 is available; this is 1.1.0"));
    let (code, said) = tool.update(&[]);
    assert!(code == Some(1) && said.contains("Busy, for now"), "{said}");
    one.signal(libc::SIGKILL);
    one.wait(PATIENCE);
    // Bytes that are not the promised ones may be by the next time.
    tool.origin.offer("/app", Offer::Whole(tool.own.bytes()));
    let (code, said) = tool.update(&[]);
    assert!(code == Some(1) && said.contains(", for now"), "{said}");
    tool.origin.offer("/app", Offer::Whole(newer.bytes()));
    assert_eq!(tool.update(&[]), ok("updated from 1.1.0 to 1.2.0"));
    tool.deployment.finish();
}

#[test]
fn a_full_disk_is_reported_as_one() {
    let tool = Tool::new("tool-full");
    tool.publish("1.2.0", tool.release("1.2.0").path());
    let mut command = Command::new("sh");
    // A file may have a megabyte; the signal that says so is ignored.
    command.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""]);
    command.arg(tool.deployment.program()).args(["update", &tool.manifest()]);
    let (code, said) = tool.run(command);
    assert!(code == Some(1) && said.contains("NoSpace, for now"), "{said}");
    tool.is_as_it_was();
    tool.deployment.finish();
}

#[test]
fn the_new_one_is_started_in_its_place() {
    let tool = Tool::new("tool-renew");
    tool.publish("1.2.0", tool.release("1.2.0").path());
    let (code, said) = tool.run(tool.command(&["renew", &tool.manifest()]));
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines[2]), ("updated from 1.1.0 to 1.2.0", "up to date (1.2.0)"));
    let pid = lines[1].strip_prefix("it was ").expect(lines[1]);
    assert_eq!(lines[3], format!("it is {pid}"));
    tool.deployment.finish();
}

#[test]
fn it_may_be_called_within_a_runtime() {
    let tool = Tool::new("tool-runtime");
    let newer = tool.release("1.2.0");
    let digest = sha256(newer.path());
    let size = newer.bytes().len();
    let listing = format!(
        r#"[{{"id": 1, "tag_name": "v1.2.0", "published_at": "2026-01-05T10:00:00Z", "assets": [
            {{"id": 7, "name": "app-linux-{}", "state": "uploaded", "size": {size},
            "digest": "sha256:{digest}"}}]}}]"#,
        std::env::consts::ARCH
    );
    let releases = "/repos/example/app/releases";
    let page = format!("{releases}?per_page=100&page=1");
    tool.origin.offer(&page, Offer::Whole(listing.into_bytes()));
    tool.origin.offer(&format!("{releases}/assets/7"), Offer::Whole(newer.bytes()));
    let github = format!("github={}", tool.origin.url(""));
    let check = || tool.run(tool.command(&["check", &github, "runtime"]));
    assert_eq!(check(), ok("1.2.0 is available; this is 1.1.0"));
    assert_eq!(tool.origin.requests(), [format!("GET {page}")]);
    let updated = tool.run(tool.command(&["update", &github, "runtime"]));
    assert_eq!(updated, ok("updated from 1.1.0 to 1.2.0"));
    assert_eq!(tool.deployment.installed(), newer.id());
    assert_eq!(check(), ok("up to date (1.2.0)"));
    tool.deployment.finish();
}
