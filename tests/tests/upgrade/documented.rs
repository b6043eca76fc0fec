//! Tests the example in the documentation of `selfup::Update`, over three releases.

use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::Release;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::Deployment;
use std::env::consts::{ARCH, OS};
use std::fs;
use std::process::Command;

const EXAMPLE: &str = env!("CARGO_BIN_EXE_documented");
const SOURCE: &str = include_str!("../../src/bin/documented.rs");
const PAGE: &str = include_str!("../../../crates/selfup/src/update/mod.rs");
/// What is in the executable as it was built.
const ADDRESS: &str = "https://example.com/tool-{os}-{arch}";
const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The example as it would be built for this version, with this address in it.
fn built(deployment: &Deployment, address: &str, version: &str) -> Release {
    let mut bytes = fs::read(EXAMPLE).unwrap();
    put_over(&mut bytes, ADDRESS, address);
    put_over(&mut bytes, &format!("{NAME}\0{VERSION}\0"), &format!("{NAME}\0{version}\0"));
    let folder = deployment.sandbox().join("releases");
    let built = folder.join(format!("built-{version}"));
    fs::write(&built, bytes).unwrap();
    Release::make(&built, "", folder.join(version))
}

#[track_caller]
fn put_over(bytes: &mut [u8], old: &str, new: &str) {
    assert_eq!(old.len(), new.len(), "{old:?} and {new:?}");
    let is_there = |at: &usize| bytes[*at..].starts_with(old.as_bytes());
    let places: Vec<_> = (0..bytes.len() - old.len()).filter(is_there).collect();
    let [place] = places[..] else { panic!("{old:?} is there {} times", places.len()) };
    bytes[place..place + new.len()].copy_from_slice(new.as_bytes());
}

#[test]
fn it_is_the_example_that_is_tested_here() {
    let lines = PAGE.lines().skip_while(|line| !line.contains("doc = \"```ignore\""));
    let lines = lines.skip(1).take_while(|line| *line != "/// ```");
    let text = lines.map(|line| line.strip_prefix("///").unwrap());
    let text: String =
        text.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    assert!(SOURCE.ends_with(&format!("\n{text}")) && text.contains("fn main()"), "{text}");
}

#[test]
fn it_gets_from_one_release_to_the_next_and_from_there_to_another() {
    let deployment = Deployment::new("documented", EXAMPLE);
    let origin = Origin::start();
    let start = origin.url("/");
    let end = "{os}-{arch}";
    let folder = "x".repeat(ADDRESS.len() - start.len() - end.len());
    let address = format!("{start}{folder}{end}");
    let path = format!("/{folder}{OS}-{ARCH}");
    let [first, second, third] =
        ["1.0.0", "1.1.0", "1.2.0"].map(|version| built(&deployment, &address, version));
    let run = || {
        let mut command = Command::new(deployment.program());
        command.envs([("NO_PROXY", "*"), ("no_proxy", "*")]);
        let process = deployment.sandbox().start(command);
        let said = process.wait_all_lines(3 * PATIENCE);
        (process.wait(PATIENCE).code(), said)
    };
    let says = |line: &str| (Some(0), vec![line.to_owned()]);
    let offer = |release: &Release| origin.offer(&path, Offer::Whole(release.bytes()));
    deployment.install(&first);
    // What `?` out of `main` prints is for people, too.
    let (code, said) = run();
    assert_eq!((code, said.len()), (Some(1), 1), "{said:?}");
    assert!(said[0].starts_with("Error: could not look for an update: "), "{}", said[0]);
    assert!(said[0].contains("404") && !said[0].contains('{'), "{}", said[0]);

    offer(&first);
    assert_eq!(run(), says("up to date (1.0.0)"));
    offer(&second);
    assert_eq!(run(), says("updated from 1.0.0 to 1.1.0"));
    assert_eq!(deployment.installed(), second.id());
    assert_eq!(run(), says("up to date (1.1.0)"));
    offer(&third);
    assert_eq!(run(), says("updated from 1.1.0 to 1.2.0"));
    assert_eq!(deployment.installed(), third.id());
    assert_eq!(run(), says("up to date (1.2.0)"));
    offer(&second);
    assert_eq!(run(), says("1.2.0 is newer than 1.1.0, which is the newest published"));
    deployment.finish();
}
