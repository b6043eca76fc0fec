//! A command-line tool whose releases are archives.

use selfup_tests::need;
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::{PATIENCE, Process};
use selfup_tests::service::{Deployment, put};
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

/// Releases as GitHub lists them: one, with one asset.
fn list(origin: &Origin, name: &str, size: usize) {
    let listing = format!(
        r#"[{{"id": 1, "tag_name": "v1.2.0", "published_at": "2026-01-05T10:00:00Z", "assets": [
            {{"id": 7, "name": "{name}", "state": "uploaded", "size": {size}}}]}}]"#
    );
    origin.offer(&format!("{RELEASES}?per_page=100&page=1"), Offer::Whole(listing.into_bytes()));
}

/// How far it has said that it is: so much, of so much.
fn progress(line: &str) -> Option<(usize, usize)> {
    let (bytes, total) = line.split_once(" of ")?;
    Some((bytes.parse().ok()?, total.parse().ok()?))
}

fn start(deployment: &Deployment, origin: &Origin) -> Process {
    let mut command = Command::new(deployment.program());
    command.args(["update", &format!("github={}", origin.url("")), "progress"]);
    deployment.sandbox().start(command)
}

/// `program` packs, with the name of an archive and that of what goes into it behind its arguments.
fn counts_what_comes(end: &str, program: &[&str]) {
    if !need::program(program[0]) {
        return;
    }
    let deployment = Deployment::new(&format!("packed{end}"), TOOL);
    deployment.install(&deployment.release("semver=1.1.0"));
    let newer = deployment.release("semver=1.2.0");
    let name = format!("app-linux-{}{end}", std::env::consts::ARCH);
    let folder = deployment.sandbox().join("releases/packed");
    let archive = packed(&newer, &folder, program, &name);
    let origin = Origin::start();
    list(&origin, &name, archive.len());
    let asset = format!("{RELEASES}/assets/7");

    // Half of it comes, and with some archives that is not enough to begin to unpack.
    origin.offer(&asset, Offer::Stalled(archive.clone()));
    let tool = start(&deployment, &origin);
    tool.wait_line_where("half of the archive", PATIENCE, |line| {
        progress(line).is_some_and(|(bytes, total)| {
            bytes >= archive.len() / 2 && bytes < archive.len() && total == archive.len()
        })
    });
    tool.signal(libc::SIGKILL);
    tool.wait(PATIENCE);

    origin.offer(&asset, Offer::Whole(archive.clone()));
    let tool = start(&deployment, &origin);
    let said = tool.wait_all_lines(3 * PATIENCE);
    assert!(said.iter().any(|line| line == "updated from 1.1.0 to 1.2.0"), "{said:?}");
    let told: Vec<_> = said.iter().filter_map(|line| progress(line)).collect();
    assert_eq!(told.last(), Some(&(archive.len(), archive.len())));
    assert!(told.is_sorted() && told.len() > 2, "{told:?}");
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
