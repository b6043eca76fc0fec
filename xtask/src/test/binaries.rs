//! The test executables of the workspace, as cargo has built them.

use crate::command::{Failure, Result, cargo, stdout_of};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// These take longest, and most of that they wait: they start before all others.
const FIRST: [&str; 3] = ["selfup-tests", "selfup-soak", "selfup-demo"];

/// A program with tests in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binary {
    pub(super) package: String,
    /// What makes `cargo test` run this one alone: `--lib`, `--test upgrade`.
    pub(super) chosen_by: String,
    pub(super) path: PathBuf,
    /// The folder of its package, in which cargo would run it.
    pub(super) folder: PathBuf,
    /// The variables that cargo would set: where the programs of its package are.
    pub(super) programs: Vec<(String, PathBuf)>,
}

impl Binary {
    /// The command that runs it alone.
    pub(super) fn command(&self) -> String {
        format!("cargo test -p {} {}", self.package, self.chosen_by)
    }
}

/// Builds all of them, and shows what cargo says meanwhile.
pub(super) fn build() -> Result<Vec<Binary>> {
    let words = ["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"];
    println!("$ cargo {}", words.join(" "));
    let messages = stdout_of(cargo(&words).stderr(Stdio::inherit()))?;
    let mut binaries = among(&messages);
    if binaries.is_empty() {
        return Err(Failure::new("cargo has built no tests"));
    }
    binaries.sort();
    binaries.sort_by_key(|it| FIRST.iter().position(|first| it.package == *first).unwrap_or(9));
    Ok(binaries)
}

/// The test executables that cargo's messages are about, each with its package's programs.
fn among(messages: &str) -> Vec<Binary> {
    let artifacts: Vec<Artifact> = messages.lines().filter_map(artifact).collect();
    let programs = |package: &str| {
        let own = artifacts.iter().filter(|it| !it.is_test && it.package == package);
        own.map(|it| (format!("CARGO_BIN_EXE_{}", it.name), it.path.clone())).collect()
    };
    let tests = artifacts.iter().filter(|it| it.is_test);
    let binary = |it: &Artifact| Binary {
        chosen_by: match it.kind.as_str() {
            kind @ ("test" | "bin" | "example" | "bench") => format!("--{kind} {}", it.name),
            _ => "--lib".to_owned(),
        },
        path: it.path.clone(),
        folder: it.folder.clone(),
        programs: programs(&it.package),
        package: it.package.clone(),
    };
    tests.map(binary).collect()
}

/// An executable that cargo has built.
struct Artifact {
    package: String,
    kind: String,
    name: String,
    path: PathBuf,
    folder: PathBuf,
    is_test: bool,
}

/// The executable, if that is what cargo's message is about.
fn artifact(message: &str) -> Option<Artifact> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    let target = &message["target"];
    Some(Artifact {
        package: package(message["package_id"].as_str()?)?.to_owned(),
        kind: target["kind"][0].as_str()?.to_owned(),
        name: target["name"].as_str()?.to_owned(),
        path: path.into(),
        folder: Path::new(message["manifest_path"].as_str()?).parent()?.to_owned(),
        is_test: message["profile"]["test"] == true,
    })
}

/// The name in `path+file:///w/crates/name#0.1.0` or `path+file:///w/tests#name@0.1.0`.
fn package(id: &str) -> Option<&str> {
    let (url, fragment) = id.split_once('#')?;
    match fragment.split_once('@') {
        Some((name, _)) => Some(name),
        None => url.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, kind: &str, name: &str, test: bool) -> String {
        let rest = format!(
            r#""manifest_path":"/w/a/Cargo.toml","target":{{"kind":["{kind}"],"name":"{name}"}},
            "profile":{{"test":{test}}},"executable":"/t/{name}""#
        );
        format!(r#"{{"package_id":"{id}",{rest}}}"#).replace('\n', "") + "\n"
    }

    #[test]
    fn a_binary_is_found_with_the_command_for_it_alone_and_its_programs() {
        let (tests, fds) = ("path+file:///w/tests#selfup-tests@0.1.0", "path+file:///w/fds#0.1.0");
        let messages = [
            message(tests, "test", "upgrade", true),
            message(tests, "bin", "bucket", false),
            message(fds, "lib", "selfup_fds", true),
            message(fds, "bin", "other", false),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let found = among(&messages.concat());
        let commands: Vec<_> = found.iter().map(Binary::command).collect();
        let expected = ["cargo test -p selfup-tests --test upgrade", "cargo test -p fds --lib"];
        assert_eq!(commands, expected);
        let bucket = ("CARGO_BIN_EXE_bucket".to_owned(), "/t/bucket".into());
        assert_eq!(found[0].programs, [bucket]);
        assert_eq!((&*found[0].path, &*found[0].folder), ("/t/upgrade".as_ref(), "/w/a".as_ref()));
    }
}
