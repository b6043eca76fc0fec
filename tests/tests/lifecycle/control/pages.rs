//! The script of the page on deploying does what the page says.

use super::*;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/guide/releasing.md");

/// Runs the script of the page with this release.
fn deploy(deployment: &Deployment, script: &Path, release: &Path) -> Answer {
    let mut command = Command::new(script);
    command.arg(release).env("APP", APP);
    Answer::of(&near(deployment, command).output().unwrap())
}

#[test]
fn the_script_deploys_or_says_why_not() {
    let deployment = deployed("control-script");
    let (_, rest) = PAGE.split_once("```sh\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let text = text.replace("app selfup", "\"$APP\" selfup");
    let script = deployment.sandbox().script("deploy", &text);
    let good = deployment.release("version=2");
    let bad = deployment.release("version=3 exits_at_once=7");

    deploy(&deployment, &script, good.path()).is(1, &["the service does not run"]);
    let service = start(&deployment, &["probation=300"]);
    deploy(&deployment, &script, good.path()).is(0, &["deployed"]);
    service.is_version(2);
    let failed = ["failed: the release before serves", "exited with code 7", "refused", bad.id()];
    deploy(&deployment, &script, bad.path()).is(1, &failed);
    service.is_version(2);
    service.terminate();
    deployment.finish();
}
