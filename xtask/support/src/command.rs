//! Runs other programs from the workspace root.

use crate::workspace;
use std::fmt;
use std::process::{Command, Output};

/// Why a task or a step did not hold, in words for a person.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// In words for a person.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a task returns.
pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// A command that will run in the workspace root, whatever folder the task was started from.
pub fn program(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(workspace::root());
    command
}

/// The `cargo` on the search path, as if it were called from a shell: what the cargo that started
/// this program has said about its package would make build scripts run again.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = program("cargo", args);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            command.env_remove(name);
        }
    }
    command
}

/// Shows the command line, runs it with our own standard streams, and fails if it fails.
pub fn run(command: &mut Command) -> Result {
    println!("$ {}", line(command));
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`{}` ended with {status}", line(command))))
    }
}

/// What the command printed, both streams kept apart, whether it succeeded or not.
pub fn captured(command: &mut Command) -> Result<Output> {
    command.output().map_err(|error| cannot_start(command, &error))
}

/// What a command that must succeed wrote to its standard output.
pub fn stdout_of(command: &mut Command) -> Result<String> {
    let output = captured(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!(
        "`{}` ended with {}:\n{}",
        line(command),
        output.status,
        complaint.trim_end()
    )))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` could not be started: {error}", line(command)))
}

/// The command as it would be typed, with the variables set for it in front.
fn line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy())))
    });
    let words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_reads_as_it_would_be_typed() {
        let mut command = cargo(&["doc", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(line(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_program_that_ends_badly_is_a_failure_with_its_own_words() {
        let failure = stdout_of(&mut program("sh", &["-c", "echo no luck >&2; exit 3"]));
        let failure = failure.unwrap_err().to_string();
        assert!(failure.contains("exit status: 3") && failure.contains("no luck"), "{failure}");
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let failure = stdout_of(&mut program("no-such-program-here", &[])).unwrap_err();
        assert!(failure.to_string().contains("no-such-program-here"), "{failure}");
    }
}
