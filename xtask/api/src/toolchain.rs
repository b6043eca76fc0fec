//! The one toolchain that the snapshots are made with: each renders an interface in its own way, and
//! writes it in a format of its own.

use std::process::Command;
use xtask_support::command::{Failure, Result, captured, program, run, stdout_of};
use xtask_support::needs;

/// Raised together with `public-api` in Cargo.toml and [`FORMAT`].
const VERSION: &str = "1.95";
/// Its latest patch.
const TOOLCHAIN: &str = "1.95.0";
/// The version of the JSON that its rustdoc writes.
pub(super) const FORMAT: u32 = 57;

/// The toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// That in use anyway.
    Current,
    /// Another one, by rustup.
    Pinned,
}

impl Toolchain {
    /// Looks for it; as root, which CI is, installs it.
    pub(super) fn find() -> Result<Self> {
        let current = stdout_of(&mut program("rustc", &["--version"]))?;
        if is_wanted(&current) {
            return Ok(Self::Current);
        }
        let mut other = program("rustup", &["run", TOOLCHAIN, "rustdoc", "--version"]);
        let mut is_there = || captured(&mut other).is_ok_and(|output| output.status.success());
        if is_there() {
            return Ok(Self::Pinned);
        }
        let install = ["toolchain", "install", "--profile", "minimal", TOOLCHAIN];
        if needs::root() && run(&mut program("rustup", &install)).is_ok() && is_there() {
            return Ok(Self::Pinned);
        }
        Err(Failure::new(format!(
            "the snapshots are made with Rust {VERSION}, and this is {}: \
             rustup toolchain install --profile minimal {TOOLCHAIN}",
            current.trim_end()
        )))
    }

    /// Has the command use it.
    pub(super) fn choose(self, command: &mut Command) {
        if self == Self::Pinned {
            command.env("RUSTUP_TOOLCHAIN", TOOLCHAIN);
        }
    }
}

fn is_wanted(rustc: &str) -> bool {
    rustc.starts_with(&format!("rustc {VERSION}.")) && !rustc.contains("nightly")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_version_is_wanted_and_no_other() {
        assert!(is_wanted("rustc 1.95.0 (59807616e 2026-04-14)\n"));
        assert!(!is_wanted("rustc 1.96.0 (abc 2026-05-28)\n"));
        assert!(!is_wanted("rustc 1.95.0-nightly (abc 2026-02-01)\n"));
    }
}
