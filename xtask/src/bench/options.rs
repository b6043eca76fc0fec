//! What `bench` is asked for.

/// The parts to run, and how the handover is to be measured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
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
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        let mut options = Self { parts: Vec::new(), restarts: 10, rate: 4000, only: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("there is nothing after {arg}"));
            match arg.as_str() {
                "--restarts" => options.restarts = number(arg, value()?)?,
                "--rate" => options.rate = number(arg, value()?)?,
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

fn number<T: std::str::FromStr + Default + PartialEq>(name: &str, text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number != T::default());
    number.ok_or_else(|| format!("{name} takes a positive number, but was given `{text}`"))
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
