//! Tests credentials from the environment, in a process with an environment of its own.

use super::{objects, responses};
use selfup_tests::{
    sandbox::{PATIENCE, Sandbox},
    source::{ACCESS_KEY, Remote},
};
use std::process::Command;

/// A program that polls with these variables alone.
fn chain(folder: &Sandbox, endpoint: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chain"));
    command.arg(format!("endpoint={endpoint}")).env_clear();
    command.env("HOME", folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    command.envs(variables.iter().copied());
    command
}

/// All that it prints until it ends.
fn lines_of(sandbox: &Sandbox, command: Command) -> Vec<String> {
    let process = sandbox.start(command);
    let lines = process.wait_all_lines(PATIENCE);
    assert!(process.wait(PATIENCE).success(), "{lines:?}");
    lines
}

#[test]
fn without_credentials_each_source_is_named() {
    let sandbox = Sandbox::new("without_credentials_each_source_is_named");
    let endpoint = responses::always(500, "", "");
    let lines = lines_of(&sandbox, chain(&sandbox, &endpoint, &[("AWS_PROFILE", "ours")]));
    for word in [
        "Denied: ",
        "s3://releases/app",
        "there are no credentials",
        "AWS_ACCESS_KEY_ID",
        "~/.aws",
        "web identity",
        "container",
        "instance",
        "credentials()",
        "anonymous()",
    ] {
        assert!(lines[0].contains(word), "no {word} in {lines:?}");
    }
    sandbox.finish();
}

#[test]
fn they_are_in_the_environment_or_a_profile() {
    let (id, secret) = ACCESS_KEY;
    objects::with("they_are_in_the_environment_or_a_profile", |publisher, bucket| {
        publisher.put("app", &[7; 100_000]);
        let sandbox = Sandbox::new("they_are_in_the_environment_or_a_profile_too");
        let endpoint = format!("http://{}", bucket.front().address());
        let variables = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)];
        let lines = lines_of(&sandbox, chain(&sandbox, &endpoint, &variables));
        assert_eq!(lines, ["fetched 100000 bytes"]);

        let text = format!("[ours]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        let file = sandbox.write("credentials", text);
        let file = file.to_str().unwrap();
        let mut command = chain(&sandbox, &endpoint, &[("AWS_SHARED_CREDENTIALS_FILE", file)]);
        command.args(["profile=ours", "polls=20"]);
        let lines = lines_of(&sandbox, command);
        assert_eq!(lines, ["fetched 100000 bytes"; 20]);
        sandbox.finish();
    });
}
