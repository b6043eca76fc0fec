//! All checks that a change must pass, cheapest first.

mod lanes;

use crate::command::{Failure, Result, cargo, run as run_command};
use crate::step::{self, Step};
use crate::{api, deny, features, lint, package, rust_version, semver, spelling, targets, tidy};

/// What takes seconds.
const FIRST: &[Step] = &[
    Step { name: "fmt", what: "the code is formatted", run: lint::fmt },
    Step {
        name: "tidy",
        what: "layout, wording, links, which crate may use which",
        run: tidy::run,
    },
    Step { name: "spelling", what: "no word that is misspelt", run: spelling::run },
    Step { name: "deny", what: "licences, banned crates, sources", run: deny::run },
];

/// What compiles, or asks cargo much, and runs nothing.
const COMPILED: &[Step] = &[
    Step {
        name: "package",
        what: "what would be published is whole and described",
        run: package::run,
    },
    Step {
        name: "rust-version",
        what: "no dependency asks for a newer compiler than the crate promises",
        run: rust_version::run,
    },
    Step { name: "clippy", what: "no warning, tests included", run: lint::clippy },
    Step {
        name: "api",
        what: "no broken link in the docs; the public interfaces are what docs/api says",
        run: api::run,
    },
    Step { name: "semver", what: "nothing that a release has promised is gone", run: semver::run },
    Step {
        name: "features",
        what: "every crate as it would be published, alone, and every feature alone",
        run: features::run,
    },
];

/// What runs, and mostly waits.
const RUN: &[Step] = &[
    Step { name: "test", what: "the command of the README", run: test },
    Step { name: "soak", what: "two minutes of trouble, from another seed each time", run: soak },
    // It builds in a folder of its own, and the other row takes longer.
    Step { name: "targets", what: "it compiles for other systems", run: targets::run },
];

/// All of them, as they are listed.
pub(crate) fn steps() -> impl Iterator<Item = &'static Step> {
    FIRST.iter().chain(COMPILED).chain(RUN)
}

/// Runs the steps with these names one after another; or all of them, those that compile beside those
/// that run.
pub(crate) fn run(names: &[String]) -> Result {
    if let Some(unknown) = names.iter().find(|name| !steps().any(|step| step.name == *name)) {
        let known: Vec<&str> = steps().map(|step| step.name).collect();
        return Err(Failure::new(format!(
            "there is no step `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    if names.is_empty() {
        let mut finished = step::run_each(FIRST);
        finished.extend(lanes::run(COMPILED, RUN)?);
        return step::conclude(finished);
    }
    let chosen = steps().filter(|step| names.iter().any(|name| step.name == name));
    step::conclude(step::run_each(chosen))
}

/// The very command that the README names, so that it cannot rot.
fn test() -> Result {
    run_command(&mut cargo(&["xtask", "test"]))
}

fn soak() -> Result {
    run_command(&mut cargo(&["xtask", "soak"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_does_not_exist_is_named_together_with_those_that_do() {
        let failure = run(&["fnt".to_owned()]).unwrap_err().to_string();
        assert!(failure.contains("`fnt`") && failure.contains("fmt, "), "{failure}");
    }
}
