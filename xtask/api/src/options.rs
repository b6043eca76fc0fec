//! The command line of `api`.

pub(super) const HELP: &str = "\
cargo xtask api [--bless]

Compares the public interface of every crate that is published, as rustdoc sees it, with the snapshots
in docs/api.

  --bless   write the snapshots anew; review them as any other change
  --help    this text";

/// See [`HELP`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) bless: bool,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--bless" => options.bless = true,
                other => return Err(format!("`api` has no option `{other}`")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        assert!(Options::parse(&["--bless".to_owned()]).unwrap().bless);
        assert!(Options::parse(&["--bles".to_owned()]).unwrap_err().contains("`--bles`"));
    }
}
