//! Starts the program as a service, in the place of this process.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    process::Command,
};

use selfup_control::Client;
use selfup_program::process::{
    env::{START, START_AS, START_LISTEN},
    exe_path::launch_path,
};

/// What is started.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// Addresses by their names, which take the place of those of the configuration.
    listen: Vec<String>,
    service: Option<String>,
    /// The arguments of the program.
    arguments: Vec<OsString>,
}

/// Parses the words behind `start`.
pub(super) fn parse(words: impl Iterator<Item = OsString>) -> Result<Start, String> {
    let mut start = Start::default();
    let mut words = words;
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let (option, value) = match text.split_once('=') {
            Some((option @ ("--listen" | "--service"), value)) => (option, Some(value.to_owned())),
            _ => (text, None),
        };
        let mut value = || {
            let next = || words.next().and_then(|word| word.into_string().ok());
            value.clone().or_else(next).ok_or_else(|| format!("{option} needs a value"))
        };
        match option {
            "--" => {
                start.arguments.extend(words);
                break;
            }
            "--listen" => start.listen.push(listen(value()?)?),
            "--service" => start.service = Some(value()?),
            _ => return Err(format!("there is no option {word:?}; the program's own follow `--`")),
        }
    }
    Ok(start)
}

/// The name and the address go to the process that is started line by line.
fn listen(value: String) -> Result<String, String> {
    let is_named = value.split_once('=').is_some_and(|(name, _)| !name.is_empty());
    match is_named && !value.contains('\n') {
        true => Ok(value),
        false => Err(format!("{value:?} is no NAME=ADDRESS")),
    }
}

impl Start {
    /// Executes the program in the place of this process. Returns why that was not possible.
    pub(super) fn run(self, service: &str) -> String {
        let service = self.service.as_deref().unwrap_or(service);
        if Client::connect(service).is_ok() {
            return format!("could not start {service}: a service of that name runs already");
        }
        let path = match launch_path() {
            Ok(path) => path,
            Err(error) => return format!("could not start {service}: {error}"),
        };
        let mut command = Command::new(&path);
        if let Some(arg0) = env::args_os().next() {
            command.arg0::<&OsStr>(arg0.as_ref());
        }
        command.args(self.arguments);
        command.env(START, std::process::id().to_string()).env(START_AS, service);
        command.env(START_LISTEN, self.listen.join("\n"));
        let error = command.exec();
        format!("could not start {}: {error}", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Start, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn what_follows_the_dashes_is_the_program_s_own() {
        let start = parsed("--listen https=:8443 --service=app -- --listen x status").unwrap();
        assert_eq!(start.listen, ["https=:8443"]);
        assert_eq!(start.service.as_deref(), Some("app"));
        assert_eq!(start.arguments, ["--listen", "x", "status"]);
        assert_eq!(parsed("--listen=a=b=c").unwrap().listen, ["a=b=c"]);
        assert_eq!(parsed("").unwrap(), Start::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, problem) in [
            ("serve", "the program's own follow `--`"),
            ("--listen", "--listen needs a value"),
            ("--listen :8443", "is no NAME=ADDRESS"),
            ("--listen =:8443", "is no NAME=ADDRESS"),
        ] {
            let said = parsed(line).unwrap_err();
            assert!(said.contains(problem), "{line}: {said}");
        }
    }
}
