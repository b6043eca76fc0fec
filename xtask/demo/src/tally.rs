//! What became of all requests.

use super::clients::{Done, Kind};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;
use xtask_support::command::{Failure, Result};
use xtask_support::style;

#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: usize,
    lost: usize,
    /// The versions that have answered.
    versions: BTreeSet<u32>,
    longest: Duration,
    /// Without those that were asked to take long.
    longest_prompt: Duration,
}

impl Tally {
    pub(super) fn count(&mut self, done: &Done) {
        self.sent += 1;
        match &done.outcome {
            Ok(line) => {
                self.versions.insert(line.version);
                self.longest = self.longest.max(done.took);
                if !matches!(done.kind, Kind::Slow(_)) {
                    self.longest_prompt = self.longest_prompt.max(done.took);
                }
            }
            Err(_) => self.lost += 1,
        }
    }

    /// Nothing may be lost.
    pub(super) fn verdict(&self) -> Result {
        match self.lost {
            0 => Ok(()),
            1 => Err(Failure::new("a request was lost")),
            lost => Err(Failure::new(format!("{lost} requests were lost"))),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = format!("lost {}", self.lost);
        let lost = if self.lost == 0 { style::good(&lost) } else { style::bad(&lost) };
        let upgrades = self.versions.len().saturating_sub(1);
        write!(f, "requests sent {}, {lost}, upgrades {upgrades}, ", self.sent)?;
        let (longest, prompt) = (self.longest.as_secs_f64(), self.longest_prompt.as_millis());
        write!(f, "longest response {longest:.2} s (not slow: {prompt} ms)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    fn done(kind: Kind, milliseconds: u64, outcome: std::result::Result<u32, &str>) -> Done {
        let line = |version| Line { version, id: String::new(), says: String::new() };
        Done {
            kind,
            took: Duration::from_millis(milliseconds),
            outcome: outcome.map(line).map_err(str::to_owned),
        }
    }

    #[test]
    fn every_request_counts_and_a_loss_fails() {
        let mut tally = Tally::default();
        tally.count(&done(Kind::New, 7, Ok(1)));
        tally.count(&done(Kind::Slow(0), 2010, Ok(1)));
        tally.count(&done(Kind::Kept, 3, Ok(2)));
        assert_eq!(
            tally.to_string(),
            "requests sent 3, lost 0, upgrades 1, longest response 2.01 s (not slow: 7 ms)"
        );
        assert!(tally.verdict().is_ok());
        tally.count(&done(Kind::New, 1, Err("refused")));
        assert!(tally.to_string().starts_with("requests sent 4, lost 1, "));
        assert!(tally.verdict().is_err());
    }
}
