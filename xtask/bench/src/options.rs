//! The command line of `bench`.

use xtask_support::options::{positive, value};

pub(super) const HELP: &str = "\
cargo xtask bench [PART...] [--restarts N] [--rate N] [--only NAME,NAME]

Measures what selfup costs, against the same program without it: start, changeover, draining, signals,
footprint, throughput, install; and handover, restarts under load, beside those of others. All of them
unless some are named.

  --restarts N    how often each system is restarted in handover (10)
  --rate N        requests a second in handover, in all lanes together (4000)
  --only NAME     only these systems in handover
  --help          this text";

/// The parts to run, and how the handover is to be measured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// None means all.
    pub(super) parts: Vec<String>,
    pub(super) restarts: usize,
    /// Requests a second, in all lanes together.
    pub(super) rate: u32,
    /// The systems to measure; none means all.
    pub(super) only: Vec<String>,
}

impl Options {
    /// Ten restarts at 4,000 requests a second: often enough for races to show, and not more than
    /// the slowest of the systems can serve on two cores.
    pub(super) fn parse(args: &[String]) -> Result<Self, String> {
        let mut options = Self { parts: Vec::new(), restarts: 10, rate: 4000, only: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || value(arg, &mut args);
            match arg.as_str() {
                "--restarts" => options.restarts = positive(arg, value()?)?,
                "--rate" => options.rate = positive(arg, value()?)?,
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                option if option.starts_with('-') => {
                    return Err(format!("bench does not know {option}"));
                }
                part => options.parts.push(part.to_owned()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_stand_anywhere_among_the_parts() {
        let options = parsed("start --restarts 3 handover --only selfup,nginx --rate 50").unwrap();
        assert_eq!(options.parts, ["start", "handover"]);
        assert_eq!((options.restarts, options.rate), (3, 50));
        assert_eq!(options.only, ["selfup", "nginx"]);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parsed("--restart 3").unwrap_err().contains("--restart"));
        assert!(parsed("--rate").unwrap_err().contains("nothing after --rate"));
        assert!(parsed("--rate 0").unwrap_err().contains("`0`"));
        assert!(parsed("--restarts many").unwrap_err().contains("`many`"));
    }
}
