//! Tests a program started through the dynamic loader: the kernel then runs the file of the loader.

use super::{deployed, http, publish};
use selfup_tests::origin::{Offer, Origin};
use selfup_tests::release::sha1;
use selfup_tests::sandbox::PATIENCE;
use selfup_tests::service::{Deployment, put};
use std::path::{Path, PathBuf};
use std::process::Command;

const TOOL: &str = env!("CARGO_BIN_EXE_cli-update-example");

/// A copy of this machine's loader, so that whatever happens to it does no harm.
fn loader(deployment: &Deployment) -> PathBuf {
    let arch = std::env::consts::ARCH;
    let names = [
        format!("/lib64/ld-linux-{}.so.2", arch.replace('_', "-")),
        format!("/lib/ld-linux-{arch}.so.1"),
    ];
    let found = names.iter().find(|name| Path::new(name).exists()).expect("a loader of glibc");
    let loader = deployment.sandbox().join("releases/ld.so");
    put(Path::new(found), &loader, 0o755);
    loader
}

fn through(loader: &Path, program: &Path) -> Command {
    let mut command = Command::new(loader);
    command.arg(program);
    command
}

#[test]
fn an_update_does_not_replace_the_loader() {
    let deployment = Deployment::new("loader-update", TOOL);
    let [first, second] = ["version=1", "version=2"].map(|notes| deployment.release(notes));
    deployment.install(&first);
    let loader = loader(&deployment);
    let before = sha1(&loader);
    let origin = Origin::start();
    origin.offer("/tool", Offer::Whole(second.bytes()));
    let mut command = through(&loader, &deployment.program());
    command.args(["update", &origin.url("/tool")]);
    let process = deployment.sandbox().start(command);
    let said = process.wait_all_lines(PATIENCE).join("\n");
    println!("{said}");
    assert_eq!(process.wait(PATIENCE).code(), Some(1), "{said}");
    assert!(said.contains("ld.so: it carries no selfup note"), "{said}");
    assert!(said.contains("start the program by its own path"), "{said}");
    assert_eq!(sha1(&loader), before);
    assert_eq!(deployment.installed(), first.id());
    deployment.wait_listing(&["app"]);
    deployment.finish();
}

#[test]
fn a_service_runs_without_a_master_and_its_loader_stays() {
    let (deployment, first) = deployed("loader-service");
    let second = deployment.release("version=2");
    let loader = loader(&deployment);
    let before = sha1(&loader);
    let origin = Origin::start();
    publish(&origin, &second);
    let start = |words: &[&str]| {
        let mut command = through(&loader, &deployment.program());
        command.args(["address=127.0.0.1:0", &http(&origin)]).args(words);
        command
    };
    let service = deployment.start_as(start(&[]));
    let words = ["ld.so as a child: it carries no selfup note", "; the program runs by itself"];
    println!("{}", service.wait_warning(&words));
    assert_eq!(service.ask_for("enabled"), "false");
    service.terminate();

    let process = deployment.sandbox().start(start(&["required"]));
    let lines = process.wait_all_lines(PATIENCE);
    assert_eq!(process.wait(PATIENCE).code(), Some(1), "{lines:?}");
    assert!(lines[0].contains("could not start") && lines[0].contains("ld.so"), "{lines:?}");

    // With its path configured, the program has a master, and upgrades.
    let exec_file = format!("exec_file={}", deployment.program().display());
    let service = deployment.start_as(start(&[&exec_file, "probation=100"]));
    assert_eq!(service.ask_for("enabled"), "true");
    service.wait_version(2);
    deployment.wait_installed(&second);
    assert_eq!((sha1(&loader), first.id() == second.id()), (before, false));
    service.terminate();
    deployment.finish();
}
