//! The command line of `soak`.

use super::disturbance::Kind;
use std::time::Duration;
use xtask_support::options::{number, positive, value};

pub(super) const HELP: &str = "\
cargo xtask soak [--minutes N] [--seed S] [--rate N] [--only KIND,KIND] [--release] [--broken WHAT]

Runs a service under load and troubles it in an order that follows from the seed: restarts, bursts of
them, upgrades, bad upgrades, a killed master, a stopped and started service, clock jumps, a full
disk, frozen processes, lost control channels, killed children, signals in pairs, too few descriptors,
a stderr and a service manager that nobody reads, a source that damages what it transfers, forks that
fail. Soak plays the service manager: it holds the socket, and starts the master again whenever that
ends. After each step the state that must follow is waited for; at the end nothing may be lost or left
behind.

  --minutes N     how long to go on (2); a fraction may be given
  --seed S        the seed of the run to repeat; else one that is chosen and printed
  --rate N        requests a second (1000), at least 50
  --only KIND     only these kinds: restart, burst, upgrade, bad-upgrade, master-kill, stop-start,
                  clock, full-disk, freeze, lost-channel, candidate-kill, probation-kill,
                  signal-pair, few-descriptors, unread-stderr, unread-manager,
                  corrupt-source, failed-forks
  --release       build the service for release
  --broken WHAT   make the service leak or lose, to see that it is found: descriptor, thread, zombie,
                  file, memory (found in two minutes, not in one), requests, deaf, signals (a
                  child dies of them), gives-up (a master that cannot start a child ends),
                  stderr, manager (a master waits for its reader), credulous (a digest is
                  not held against what comes)
  --help          this text

The exit code is 0 only if nothing was lost and nothing is left. Ctrl-C ends it and leaves nothing.";

const BROKEN: [&str; 12] = [
    "descriptor",
    "thread",
    "zombie",
    "file",
    "memory",
    "requests",
    "deaf",
    "signals",
    "gives-up",
    "stderr",
    "manager",
    "credulous",
];

/// Below, a kept connection would wait for its next request for as long as a release takes to end
/// badly, and for the idle grace.
const LEAST_RATE: u32 = 50;

/// See [`HELP`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) length: Duration,
    pub(super) seed: Option<u64>,
    pub(super) rate: u32,
    pub(super) only: Vec<Kind>,
    pub(super) release: bool,
    pub(super) broken: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            length: Duration::from_secs(120),
            seed: None,
            rate: 1000,
            only: Vec::new(),
            release: false,
            broken: None,
        }
    }
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || value(argument, &mut arguments);
            match argument.as_str() {
                "--release" => options.release = true,
                "--minutes" => options.length = minutes(value()?)?,
                "--seed" => options.seed = Some(number(argument, value()?)?),
                "--rate" => options.rate = number(argument, value()?)?,
                "--only" => options.only = kinds(value()?)?,
                "--broken" => options.broken = Some(broken(value()?)?),
                other => return Err(format!("`soak` has no option `{other}`: see soak --help")),
            }
        }
        if options.rate < LEAST_RATE {
            return Err(format!("--rate takes {LEAST_RATE} at least"));
        }
        Ok(options)
    }

    /// The command that does the same again.
    pub(super) fn command(&self, seed: u64) -> String {
        // As it would be typed.
        let minutes = (self.length.as_secs_f64() / 60.0 * 1e4).round() / 1e4;
        let mut command = format!("cargo xtask soak --minutes {minutes} --seed {seed}");
        if self.rate != Self::default().rate {
            command += &format!(" --rate {}", self.rate);
        }
        if !self.only.is_empty() {
            let names: Vec<_> = self.only.iter().map(|kind| kind.name()).collect();
            command += &format!(" --only {}", names.join(","));
        }
        if self.release {
            command += " --release";
        }
        if let Some(broken) = &self.broken {
            command += &format!(" --broken {broken}");
        }
        command
    }
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = positive("--minutes", text)?;
    Duration::try_from_secs_f64(minutes * 60.0).map_err(|error| format!("--minutes: {error}"))
}

fn kinds(text: &str) -> Result<Vec<Kind>, String> {
    let kind = |name| Kind::named(name).ok_or_else(|| format!("there is no kind `{name}`"));
    text.split(',').map(kind).collect()
}

fn broken(text: &str) -> Result<String, String> {
    let known = BROKEN.contains(&text).then(|| text.to_owned());
    known.ok_or_else(|| format!("--broken takes one of {}", BROKEN.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_to_repeat_it_means_the_same() {
        let line = "--minutes 0.03 --seed 7 --rate 50 --only clock,freeze --release --broken file";
        let options = parsed(line).unwrap();
        assert_eq!(options.length, Duration::from_millis(1800));
        let command = options.command(7);
        assert_eq!(parsed(command.strip_prefix("cargo xtask soak ").unwrap()), Ok(options));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parsed("--minutes").unwrap_err().contains("nothing after --minutes"));
        assert!(parsed("--minutes 0").unwrap_err().contains("`0`"));
        assert!(parsed("--rate 5").unwrap_err().contains("50"));
        assert!(parsed("--only clock,luck").unwrap_err().contains("`luck`"));
        assert!(parsed("--broken heart").unwrap_err().contains("descriptor"));
        assert!(parsed("--quick").unwrap_err().contains("`--quick`"));
    }

    #[test]
    fn the_help_names_every_kind_and_every_way_to_be_broken() {
        for name in Kind::ALL.map(Kind::name).iter().chain(&BROKEN) {
            assert!(HELP.contains(name), "{name}");
        }
    }
}
