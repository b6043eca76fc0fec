//! Servers with hyper builders of their own, whose connections are watched.

use std::process::Command;

use selfup_tests::sandbox::{Process, Sandbox};

use super::{calls::loses_no_call_in_20_restarts, load::loses_nothing_in_20_restarts};

fn own_builder(sandbox: &Sandbox, protocol: &str) -> Process {
    let program = sandbox.copy(env!("CARGO_BIN_EXE_own_builder"), "own_builder");
    let mut command = Command::new(program);
    command.args([protocol, "127.0.0.1:0"]);
    sandbox.start(command)
}

#[test]
fn http1_with_a_header_timeout_loses_nothing_in_20_restarts() {
    let sandbox = Sandbox::new("handover-own-http1");
    sandbox.expect_files(["own_builder"]);
    loses_nothing_in_20_restarts(own_builder(&sandbox, "http1"));
    sandbox.finish();
}

#[test]
fn http2_with_settings_loses_no_call_in_20_restarts() {
    let sandbox = Sandbox::new("handover-own-http2");
    sandbox.expect_files(["own_builder"]);
    loses_no_call_in_20_restarts(&own_builder(&sandbox, "http2"));
    sandbox.finish();
}
