//! The words of an operator.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use selfup_control::{Request, Verb, Wait};

use super::start::{self, Start};

pub(super) const HELP: &str = include_str!("help.txt");

/// What an operator wants.
#[derive(Debug)]
pub(super) enum Command {
    Help,
    Ask(Arguments),
    Start(Start),
}

/// A request, and how it is made.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) request: Request,
    pub(super) timeout: Option<Duration>,
    pub(super) format: Format,
    pub(super) service: Option<String>,
    pub(super) socket: Option<PathBuf>,
}

/// How the response is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// One line of JSON.
    Json,
    /// The text format of Prometheus, for a status.
    Prometheus,
}

/// Parses the verb, and the words behind it.
pub(super) fn parse(
    verb: Option<OsString>,
    words: impl Iterator<Item = OsString>,
) -> Result<Command, String> {
    let verb = verb.ok_or("a verb is missing")?;
    let verb = verb.into_string().map_err(|verb| format!("there is no verb {verb:?}"))?;
    if matches!(verb.as_str(), "help" | "--help" | "-h") {
        return Ok(Command::Help);
    }
    if verb == "start" {
        return start::parse(words).map(Command::Start);
    }
    let (mut wait, mut timeout, mut format) = (Wait::No, None, Format::Text);
    let (mut service, mut socket, mut operand) = (None, None, None);
    let mut words = words;
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let (option, mut value) = match text.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                (option, Some(OsString::from(value)))
            }
            _ => (text, None),
        };
        let mut value = || {
            value.take().or_else(|| words.next()).ok_or_else(|| format!("{option} needs a value"))
        };
        match option {
            "--help" | "-h" => return Ok(Command::Help),
            "--wait" if wait == Wait::No => wait = Wait::Done,
            "--wait" => {}
            "--through-probation" => wait = Wait::Probation,
            "--json" => format = Format::Json,
            "--prometheus" => format = Format::Prometheus,
            "--timeout" => timeout = Some(seconds(&value()?)?),
            "--service" => service = Some(utf8(value()?)?),
            "--socket" => socket = Some(PathBuf::from(value()?)),
            _ if option.starts_with('-') => return Err(format!("there is no option {option}")),
            _ if operand.is_none() => operand = Some(word),
            _ => return Err(format!("{word:?} is one word too many")),
        }
    }
    let verb = with_operand(&verb, operand)?;
    if format == Format::Prometheus && verb != Verb::Status {
        return Err("--prometheus is for status".to_owned());
    }
    let request = Request { verb, wait };
    Ok(Command::Ask(Arguments { request, timeout, format, service, socket }))
}

fn with_operand(verb: &str, operand: Option<OsString>) -> Result<Verb, String> {
    let mut operand = operand;
    let mut needs = |what: &str| operand.take().ok_or_else(|| format!("{verb} needs {what}"));
    let parsed = match verb {
        "status" => Verb::Status,
        "restart" => Verb::Restart,
        "reload" => {
            let file = PathBuf::from(needs("a file")?);
            let file = std::path::absolute(&file)
                .map_err(|error| format!("could not use {}: {error}", file.display()))?;
            if file.to_str().is_none() {
                return Err(format!("could not use {}: it is not UTF-8", file.display()));
            }
            Verb::Reload(file)
        }
        "upgrade" => Verb::Upgrade,
        "rollback" => Verb::Rollback,
        "stop" => Verb::Stop,
        "pause" => Verb::Pause(utf8(needs("a reason")?)?),
        "resume" => Verb::Resume,
        "forgive" => Verb::Forgive(utf8(needs("an id")?)?),
        "events" => Verb::Events,
        "signal" => Verb::Signal(utf8(needs("the name of a signal")?)?),
        other => return Err(format!("there is no verb {other:?}")),
    };
    match operand {
        Some(word) => Err(format!("{word:?} is one word too many")),
        None => Ok(parsed),
    }
}

fn seconds(text: &OsString) -> Result<Duration, String> {
    let number = text.to_str().and_then(|text| text.parse().ok());
    number
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| format!("{text:?} is no number of seconds"))
}

fn utf8(word: OsString) -> Result<String, String> {
    word.into_string().map_err(|word| format!("{word:?} is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        let mut words = line.split_whitespace().map(OsString::from);
        match parse(words.next(), words)? {
            Command::Help | Command::Start(_) => Err("another command".to_owned()),
            Command::Ask(arguments) => Ok(arguments),
        }
    }

    #[test]
    fn options_come_before_and_behind_operands() {
        let arguments = parsed("reload --timeout=2.5 /tmp/app --wait --json").unwrap();
        assert_eq!(arguments.request.verb, Verb::Reload("/tmp/app".into()));
        assert_eq!(arguments.request.wait, Wait::Done);
        assert_eq!(arguments.timeout, Some(Duration::from_millis(2500)));
        assert_eq!(arguments.format, Format::Json);
        assert_eq!(parsed("status --prometheus").unwrap().format, Format::Prometheus);
        let arguments = parsed("restart --through-probation --wait --service app").unwrap();
        assert_eq!(arguments.request.wait, Wait::Probation);
        assert_eq!(arguments.service.as_deref(), Some("app"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, problem) in [
            ("", "a verb is missing"),
            ("explode", "no verb \"explode\""),
            ("status now", "one word too many"),
            ("pause", "pause needs a reason"),
            ("restart --timeout soon", "no number of seconds"),
            ("restart --timeout -1", "no number of seconds"),
            ("restart --timeout", "--timeout needs a value"),
            ("restart --never", "no option --never"),
            ("restart --prometheus", "--prometheus is for status"),
        ] {
            let told = parsed(line).unwrap_err();
            assert!(told.contains(problem), "{line}: {told}");
        }
    }
}
