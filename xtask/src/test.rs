//! Runs every test of the workspace, after installing what the tests need.

mod binaries;
mod side_by_side;

use crate::command::{Failure, Result, cargo, run as run_command};
use crate::needs::{self, Need};
use crate::step::seconds;
use crate::workspace::Workspace;
use crate::{apt, python, style};
use side_by_side::Job;
use std::ffi::OsStr;
use std::num::NonZero;
use std::path::Path;
use std::time::Instant;
use std::{fs, thread};

/// The variable that names the file to which the tests add a line for each test that is left out.
const LEFT_OUT: &str = "SELFUP_TESTS_LEFT_OUT";

pub(crate) fn run(args: &[String]) -> Result {
    let root = needs::root();
    provide(root)?;
    let workspace = Workspace::load()?;
    let target = workspace.target();
    let path = python::search_path(&python::provide(target, root)?);
    let left_out = target.join("tests-left-out");
    clear(&left_out)?;
    let start = Instant::now();
    let outcome = if args.is_empty() {
        all(&left_out, &path)
    } else {
        let mut tests = cargo(&arguments(args));
        run_command(tests.env(LEFT_OUT, &left_out).env("PATH", path))
    };
    let left_out = fs::read_to_string(&left_out).unwrap_or_default();
    conclude(root, outcome, &left_out)?;
    println!("\n{} in {}", style::good("every test that ran passed"), seconds(start.elapsed()));
    Ok(())
}

/// What `cargo test --workspace` does, but with several test executables at once.
fn all(left_out: &Path, path: &OsStr) -> Result {
    let binaries = binaries::build()?;
    let jobs = std::iter::once(Job::doc_tests()).chain(binaries.iter().map(Job::of));
    let jobs = jobs.map(|job| job.env(LEFT_OUT, left_out).env("PATH", path)).collect();
    // One more than there are cores, as most of them wait.
    let at_once = 1 + thread::available_parallelism().map_or(1, NonZero::get);
    match side_by_side::run(jobs, at_once).as_slice() {
        [] => Ok(()),
        failed => Err(Failure::new(format!("these failed:\n  {}", failed.join("\n  ")))),
    }
}

/// Without a choice of packages, all of them; failures in one test executable do not hide another's.
fn arguments(args: &[String]) -> Vec<&str> {
    let mut all = vec!["test", "--no-fail-fast"];
    let chosen = args
        .iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg == "-p" || arg == "--package" || arg.starts_with("--package="));
    if !chosen {
        all.push("--workspace");
    }
    all.extend(args.iter().map(String::as_str));
    all
}

/// Installs the programs that are missing, or says what their absence means.
fn provide(root: bool) -> Result {
    let missing = needs::missing();
    if !missing.is_empty() {
        println!("some tests run programs that are not here:\n{}", table(&missing));
    }
    match (root, packages(&missing).as_slice()) {
        (true, []) => Ok(()),
        (true, packages) => apt::install(packages),
        (false, packages) => {
            println!("{}", without_root(packages));
            Ok(())
        }
    }
}

fn table(missing: &[&Need]) -> String {
    let rows = missing.iter().map(|need| format!("  {:<26}{}\n", need.command, need.why));
    rows.collect()
}

fn packages(missing: &[&Need]) -> Vec<&'static str> {
    let mut packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// sudo changes both variables, and then neither cargo nor the toolchain is found.
const AS_ROOT: &str = r#"sudo env PATH="$PATH" HOME="$HOME" cargo xtask test"#;

fn without_root(packages: &[&str]) -> String {
    let mut text = "not root: tests that need root are left out".to_owned();
    if !packages.is_empty() {
        text += "; those that need a program which is not here\nare left out or fail, naming it. ";
        text += &format!("To install: sudo apt-get install {}", packages.join(" "));
    }
    format!("{text}\nto install what is missing and run every test: {AS_ROOT}")
}

fn clear(file: &Path) -> Result {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{} cannot be removed: {error}", file.display())))
        }
        _ => Ok(()),
    }
}

/// Root has everything, so a test left out in spite of that is a failure: otherwise a test that
/// no longer finds its tool would never be missed.
fn conclude(root: bool, outcome: Result, left_out: &str) -> Result {
    let mut tests: Vec<&str> = left_out.lines().collect();
    tests.sort_unstable();
    if !tests.is_empty() {
        println!("\n{} tests were left out:\n  {}", tests.len(), tests.join("\n  "));
    }
    outcome?;
    match root && !tests.is_empty() {
        true => Err(Failure::new("tests were left out although root can run them all")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn all_packages_unless_some_are_chosen() {
        assert!(arguments(&words("")).contains(&"--workspace"));
        assert!(arguments(&words("some_name -- -p")).contains(&"--workspace"));
        assert!(!arguments(&words("-p selfup-fds")).contains(&"--workspace"));
        assert!(!arguments(&words("--package=selfup-fds")).contains(&"--workspace"));
    }

    #[test]
    fn a_package_that_brings_two_programs_is_installed_once() {
        let need = |command| Need { command, package: "tools", why: "" };
        assert_eq!(packages(&[&need("one"), &need("two")]), ["tools"]);
    }

    #[test]
    fn root_may_leave_nothing_out() {
        let left_out = "pty::ctrl_c: needs strace\n";
        assert!(conclude(true, Ok(()), left_out).is_err());
        assert!(conclude(false, Ok(()), left_out).is_ok());
        assert!(conclude(true, Ok(()), "").is_ok());
        assert!(conclude(false, Err(Failure::new("red")), "").is_err());
    }

    #[test]
    fn without_root_the_way_out_is_reported() {
        assert!(without_root(&["strace"]).contains("apt-get install strace"));
        assert!(without_root(&[]).contains(AS_ROOT));
    }
}
