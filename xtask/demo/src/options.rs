//! The command line of the demo.

pub(super) const HELP: &str = "\
cargo xtask demo [--verbose] [--broken]

Builds three versions of a small app, runs the first, and publishes the others on an HTTP server of
its own. The app fetches and installs them by itself, while clients call it without a pause: on new
connections and on kept ones, and with a slow request held open across each upgrade. The lines that
begin with app#N are what the app prints and what its clients receive (a few for each version, and
every slow one). The last line says what became of all requests.

  --verbose   show what the app's master does, too
  --broken    let the app end with requests under way when it drains
  --help      this text

The exit code is 0 only if no request was lost. Ctrl-C ends it and leaves nothing behind.";

/// See [`HELP`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(super) verbose: bool,
    pub(super) broken: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--verbose" | "-v" => options.verbose = true,
                "--broken" => options.broken = true,
                other => return Err(format!("`demo` has no option `{other}`: see demo --help")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn every_option_of_the_help_is_known() {
        assert_eq!(parsed(""), Ok(Options::default()));
        assert_eq!(parsed("--verbose --broken"), Ok(Options { verbose: true, broken: true }));
        let options = HELP.split_whitespace().filter(|word| word.starts_with("--"));
        for word in options.filter(|word| *word != "--help") {
            assert!(parsed(word).is_ok(), "{word}");
        }
        assert!(parsed("--quick").unwrap_err().contains("`--quick`"));
    }
}
