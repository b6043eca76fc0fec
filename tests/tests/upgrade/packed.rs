//! Tests a command-line tool whose releases are archives on GitHub.

use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Process};
use selfup_tests::service::{Deployment, put};
use selfup_tests::signer::Signer;
use std::fs;
use std::path::Path;
use std::process::Command;

const TOOL: &str = env!("CARGO_BIN_EXE_updating");
const RELEASES: &str = "/repos/example/app/releases";

/// What this program makes of a file `app`, and of nothing else.
fn packed(release: &Release, folder: &Path, program: &[&str], name: &str) -> Vec<u8> {
    fs::create_dir_all(folder).unwrap();
    put(release.path(), &folder.join("app"), 0o755);
    let mut command = Command::new(program[0]);
    let status = command.args(&program[1..]).args([name, "app"]).current_dir(folder).status();
    assert!(status.unwrap().success(), "{command:?}");
    fs::read(folder.join(name)).unwrap()
}

/// Releases as GitHub lists them: one, with these assets.
fn list(origin: &Origin, version: &str, assets: &[(&str, Vec<u8>)]) {
    let asset = |(id, (name, bytes)): (usize, &(&str, Vec<u8>))| {
        let size = bytes.len();
        origin.offer(&asset(id), Offer::Whole(bytes.clone()));
        format!(r#"{{"id": {id}, "name": "{name}", "state": "uploaded", "size": {size}}}"#)
    };
    let assets = assets.iter().enumerate().map(asset).collect::<Vec<_>>().join(", ");
    let listing = format!(
        r#"[{{"id": 1, "tag_name": "v{version}", "published_at": "2026-01-05T10:00:00Z",
            "assets": [{assets}]}}]"#
    );
    origin.offer(&format!("{RELEASES}?per_page=100&page=1"), Offer::Whole(listing.into_bytes()));
}

/// The URL of an asset.
fn asset(id: usize) -> String {
    format!("{RELEASES}/assets/{id}")
}

/// The name of an asset for this platform.
fn name(end: &str) -> String {
    format!("app-linux-{}{end}", std::env::consts::ARCH)
}

/// The progress that a line reports: so many bytes, of so many.
fn progress(line: &str) -> Option<(usize, usize)> {
    let (bytes, total) = line.split_once(" of ")?;
    Some((bytes.parse().ok()?, total.parse().ok()?))
}

fn start(deployment: &Deployment, origin: &Origin, words: &[&str]) -> Process {
    let mut command = Command::new(deployment.program());
    command.args(["update", &format!("github={}", origin.url(""))]).args(words);
    deployment.sandbox().start(command)
}

/// `program` packs, with the name of an archive and that of what goes into it behind its arguments.
fn counts_what_comes(end: &str, program: &[&str]) {
    if !need::program(program[0]) {
        return;
    }
    let (deployment, _) = Deployment::with(&format!("packed{end}"), TOOL, "semver=1.1.0");
    let newer = deployment.release("semver=1.2.0");
    let name = name(end);
    let folder = deployment.sandbox().join("releases/packed");
    let archive = packed(&newer, &folder, program, &name);
    let origin = Origin::start();
    list(&origin, "1.2.0", &[(&name, archive.clone())]);

    // Half of it comes, and with some archives that is not enough to begin to unpack.
    origin.offer(&asset(0), Offer::Stalled(archive.clone()));
    let tool = start(&deployment, &origin, &["progress"]);
    tool.wait_line_where("half of the archive", PATIENCE, |line| {
        progress(line).is_some_and(|(bytes, total)| {
            bytes >= archive.len() / 2 && bytes < archive.len() && total == archive.len()
        })
    });
    tool.signal(libc::SIGKILL);
    tool.wait(PATIENCE);

    origin.offer(&asset(0), Offer::Whole(archive.clone()));
    let tool = start(&deployment, &origin, &["progress"]);
    let said = tool.wait_all_lines(3 * PATIENCE);
    assert!(said.iter().any(|line| line == "updated from 1.1.0 to 1.2.0"), "{said:?}");
    let reported: Vec<_> = said.iter().filter_map(|line| progress(line)).collect();
    assert_eq!(reported.last(), Some(&(archive.len(), archive.len())));
    assert!(reported.is_sorted() && reported.len() > 2, "{reported:?}");
    assert_eq!(tool.wait(PATIENCE).code(), Some(0));
    assert_eq!(deployment.installed(), newer.id());
    deployment.finish();
}

#[test]
fn what_comes_of_a_zip_is_counted() {
    counts_what_comes(".zip", &["python3", "-m", "zipfile", "-c"]);
}

#[test]
fn what_comes_of_a_tar_is_counted() {
    counts_what_comes(".tar", &["tar", "-cf"]);
}

#[test]
fn what_comes_of_a_compressed_tar_is_counted() {
    counts_what_comes(".tar.gz", &["tar", "-czf"]);
}

/// What has to be kept on the disk until it can be unpacked, no more than that of a plain file.
#[test]
fn the_size_cap_holds_for_a_zip_before_it_is_unpacked() {
    if !need::program("python3") {
        return;
    }
    let (deployment, own) = Deployment::with("packed-cap", TOOL, "semver=1.1.0");
    let folder = deployment.sandbox().join("releases/packed");
    let zip = ["python3", "-m", "zipfile", "-c"];
    let archive = packed(&deployment.release("semver=1.2.0"), &folder, &zip, &name(".zip"));
    let origin = Origin::start();
    list(&origin, "1.2.0", &[(&name(".zip"), archive)]);
    let tool = start(&deployment, &origin, &["size_cap=1000000"]);
    let said = tool.wait_all_lines(PATIENCE).join("\n");
    assert_eq!(tool.wait(PATIENCE).code(), Some(1), "{said}");
    assert!(said.contains("there is more than 1000000 bytes to keep, the size cap"), "{said}");
    assert_eq!(deployment.installed(), own.id());
    deployment.wait_listing(&["app"]);
    deployment.finish();
}

/// The same key signs many programs, and a publisher of one of them here need not be the signer.
#[test]
fn what_is_signed_as_another_program_is_not_taken_for_the_name_of_its_asset() {
    if !need::program("minisign") || !need::program("tar") {
        return;
    }
    let (deployment, _) = Deployment::with("packed-signed", TOOL, "semver=1.1.0");
    let folder = deployment.sandbox().join("releases/packed");
    let signer = Signer::new(&deployment.sandbox().join("releases"), "one");
    let key = format!("trusted_key={}", signer.key());
    let origin = Origin::start();
    let run = || {
        let tool = start(&deployment, &origin, &[&key]);
        let said = tool.wait_all_lines(3 * PATIENCE).join("\n");
        (tool.wait(PATIENCE).code(), said)
    };
    for (end, from, to) in [("", "1.1.0", "1.2.0"), (".tar", "1.2.0", "1.3.0")] {
        let newer = deployment.release(&format!("semver={to}"));
        let bytes = match end {
            "" => newer.bytes(),
            _ => packed(&newer, &folder, &["tar", "-cf"], &name(end)),
        };
        let publish = |file: &str| {
            let signature = signer.sign(&newer, &format!("version:{to} file:{file}"));
            list(&origin, to, &[(&name(end), bytes.clone()), (&name(".minisig"), signature)]);
        };
        let before = deployment.installed();
        publish(&format!("oth-{to}-{}-linux", std::env::consts::ARCH));
        let (code, said) = run();
        assert_eq!((code, deployment.installed()), (Some(1), before), "{said}");
        let why = format!("signed as file \"oth-{to}-");
        assert!(said.contains(&why) && said.contains("and this program is \"app\""), "{said}");

        publish(&name(""));
        assert_eq!(run(), (Some(0), format!("updated from {from} to {to}")));
        assert_eq!(deployment.installed(), newer.id());
    }
    deployment.finish();
}
