//! Checks for the programs and permissions that a test needs, and records a test that lacks them.
//!
//! A test that needs a program or a permission checks for it first, and returns if it is missing:
//!
//! ```
//! use selfup_tests::need;
//!
//! fn shows_no_other_system_call() {
//!     if !need::program("strace") {
//!         return;
//!     }
//!     // …
//! }
//! ```
//!
//! The harness counts such a test as passed, so the omission is recorded: `cargo xtask test` lists
//! every omitted test, and fails if it could have installed what the test needs.

use nix::unistd::geteuid;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, Stdio};

/// Names the file that takes one line for each test left out.
const LEFT_OUT: &str = "SELFUP_TESTS_LEFT_OUT";

/// Whether this program is on the search path; if not, this test is noted as left out.
#[must_use = "a test that lacks something it needs returns"]
pub fn program(name: &str) -> bool {
    met(found(name), &format!("the program {name}"))
}

/// Whether this process is root; if not, this test is noted as left out.
#[must_use = "a test that lacks something it needs returns"]
pub fn root() -> bool {
    met(geteuid().is_root(), "root")
}

fn found(name: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$0\"", name])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn met(met: bool, what: &str) -> bool {
    if !met {
        let thread = std::thread::current();
        let line = format!("{}: needs {what}\n", thread.name().unwrap_or("a test"));
        eprint!("left out: {line}");
        note(&line);
    }
    met
}

/// One write to a file opened for appending: lines of tests that run side by side do not mix.
#[expect(clippy::disallowed_methods, reason = "the environment says where to note it")]
fn note(line: &str) {
    if let Some(file) = std::env::var_os(LEFT_OUT) {
        let file = OpenOptions::new().create(true).append(true).open(file);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_is_found_and_nonsense_is_not() {
        assert!(found("sh"));
        assert!(!found("no-such-program-here"));
    }
}
