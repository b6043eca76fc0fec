//! Tests that s6 learns when the service is ready.

use super::FREE_PORT;
use selfup_tests::manager::{Manager, S6};
use selfup_tests::sandbox::{PATIENCE, wait_until};
use selfup_tests::service::Deployment;
use std::fs;

#[test]
fn s6_learns_when_the_first_child_is_ready() {
    if !S6::available() {
        return;
    }
    let upgradable = env!("CARGO_BIN_EXE_upgradable");
    let (deployment, _) = Deployment::with("s6-ready", upgradable, "version=1 loads");
    // The program runs in the folder of the service.
    let loading = deployment.sandbox().join("service/app/loading");
    fs::create_dir_all(loading.parent().unwrap()).unwrap();
    fs::write(&loading, "").unwrap();
    let program = deployment.program();
    let command =
        format!("{} address={FREE_PORT} debug explicit notification_fd=3", program.display());
    let s6 = S6::start(deployment.sandbox(), &command);
    wait_until("the program to listen", PATIENCE, || s6.output().contains("v1 listens on"));
    assert!(!s6.is_ready());
    fs::remove_file(&loading).unwrap();
    wait_until("s6 to learn that it is ready", PATIENCE, || s6.is_ready());
    assert!(!s6.output().contains("notification descriptor"), "{}", s6.output());
    s6.end();
    deployment.finish();
}
