//! The subcommand for programs that parse their arguments with clap.

use std::{ffi::OsString, process::ExitCode};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, error::Error, value_parser};

use super::words::run_words;

/// The words of an operator, as arguments of a subcommand of [clap](https://docs.rs/clap). The subcommand shows in
/// `--help`, with a subcommand of its own for each verb, and completes.
///
/// With clap's builder:
///
/// ```
/// use clap::{Args, Command, FromArgMatches};
/// use selfup::cli::Operator;
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     let selfup = Operator::augment_args(Command::new("selfup").about("Ask or steer the service"));
///     let matches = Command::new("app").subcommand(selfup).get_matches();
///     if let Some(("selfup", matches)) = matches.subcommand() {
///         return match Operator::from_arg_matches(matches) {
///             Ok(operator) => operator.run("app"),
///             Err(error) => error.exit(),
///         };
///     }
///     # return ExitCode::SUCCESS;
///     # #[allow(unreachable_code)]
///     selfup::run(selfup::Config::new(program).control("app"))
/// }
/// # fn program(_: selfup::State) {}
/// ```
///
/// With clap's derive, `Operator` is the field of a variant: `Selfup(selfup::cli::Operator)`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(docsrs, doc(cfg(feature = "clap")))]
pub struct Operator {
    words: Vec<OsString>,
}

impl Operator {
    /// Does what the operator wants, as [`run`](super::run) does. `service` is the name of
    /// [`Config::control`](crate::Config::control).
    #[must_use = "the exit code is for `main` to return"]
    pub fn run(self, service: &str) -> ExitCode {
        ExitCode::from(run_words(service, self.words.into_iter()))
    }
}

/// A verb, what it is for, and the operand that it needs.
const VERBS: &[(&str, &str, Option<&str>)] = &[
    ("status", "What the service does", None),
    ("restart", "Restart it", None),
    ("reload", "Install this executable, and restart with it", Some("FILE")),
    ("upgrade", "Look for an upgrade now, and restart with it", None),
    ("rollback", "Roll back to the previous executable, and restart with it", None),
    ("stop", "Drain every child, and end", None),
    ("pause", "Fetch no upgrades until they are resumed", Some("REASON")),
    ("resume", "Fetch upgrades again", None),
    ("forgive", "Try the refused executable again", Some("ID")),
    ("events", "Print each event from now on", None),
    ("signal", "Do as if this signal had reached the master", Some("NAME")),
];

impl Args for Operator {
    fn augment_args(command: Command) -> Command {
        let verbs = VERBS.iter().map(|(verb, about, operand)| {
            let command = Command::new(*verb).about(*about).args(options());
            match operand {
                Some(name) => command.arg(value("operand", name, "").required(true)),
                None => command,
            }
        });
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs)
            .subcommand(
                Command::new("start")
                    .about("Start the program as a service")
                    .arg(option("service", "NAME", "The name of the service"))
                    .arg(
                        option(
                            "listen",
                            "NAME=ADDRESS",
                            "Listen there instead of where the program says",
                        )
                        .action(ArgAction::Append),
                    )
                    .arg(
                        value("arguments", "ARGUMENT", "The arguments of the program")
                            .num_args(0..)
                            .last(true),
                    ),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn options() -> [Arg; 7] {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
    };
    [
        flag("wait", "Wait until it is decided"),
        flag("through-probation", "Wait until an upgrade is committed or rolled back, too"),
        flag("json", "Print the response as one line of JSON"),
        flag("prometheus", "Print the status in the text format of Prometheus"),
        option("timeout", "SECONDS", "Wait no longer than this"),
        option("service", "NAME", "Ask the service of this name"),
        option("socket", "PATH", "Ask the service with this control socket"),
    ]
}

fn option(name: &'static str, what: &'static str, help: &'static str) -> Arg {
    value(name, what, help).long(name)
}

fn value(name: &'static str, what: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(what).help(help).value_parser(value_parser!(OsString))
}

impl FromArgMatches for Operator {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let Some((verb, matches)) = matches.subcommand() else {
            return Err(Error::new(clap::error::ErrorKind::MissingSubcommand));
        };
        let mut words = vec![OsString::from(verb)];
        let has = |name: &str| matches.try_contains_id(name).unwrap_or(false);
        for flag in ["wait", "through-probation", "json", "prometheus"] {
            if has(flag) && matches.get_flag(flag) {
                words.push(format!("--{flag}").into());
            }
        }
        for option in
            ["timeout", "service", "socket", "listen"].into_iter().filter(|name| has(name))
        {
            for value in matches.get_many::<OsString>(option).into_iter().flatten() {
                words.extend([OsString::from(format!("--{option}")), value.clone()]);
            }
        }
        if has("operand") {
            words.extend(matches.get_one::<OsString>("operand").cloned());
        }
        if has("arguments") {
            words.push("--".into());
            words.extend(matches.get_many::<OsString>("arguments").into_iter().flatten().cloned());
        }
        Ok(Self { words })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Vec<OsString>, Error> {
        let command = Operator::augment_args(Command::new("selfup"));
        let matches = command.try_get_matches_from(line.split_whitespace())?;
        Ok(Operator::from_arg_matches(&matches)?.words)
    }

    #[test]
    fn the_words_are_those_of_the_plain_command_line() {
        for (line, expected) in [
            ("selfup status --json", "status --json"),
            ("selfup status --prometheus", "status --prometheus"),
            ("selfup reload new --timeout 5 --wait", "reload --wait --timeout 5 new"),
            ("selfup pause freeze --service=app", "pause --service app freeze"),
            (
                "selfup start --listen a=:1 --listen b=:2 -- -x y",
                "start --listen a=:1 --listen b=:2 -- -x y",
            ),
            ("selfup start", "start"),
        ] {
            let expected: Vec<OsString> = expected.split(' ').map(OsString::from).collect();
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        for line in ["selfup", "selfup explode", "selfup reload", "selfup status --now"] {
            assert!(words(line).is_err(), "{line}");
        }
    }

    /// The page of the plain command line has the same verbs.
    #[test]
    fn every_verb_is_in_the_help() {
        let help = crate::cli::arguments::HELP;
        for (verb, about, _) in VERBS {
            assert!(help.contains(&format!("\n  {verb}")), "{verb}");
            assert!(help.to_lowercase().contains(&about.to_lowercase()), "{about}");
        }
    }

    #[test]
    fn clap_finds_nothing_wrong_with_it() {
        Operator::augment_args(Command::new("selfup")).debug_assert();
    }
}
