//! Counts the outcomes of all requests.

use selfup_load::Report;
use std::fmt;
use std::time::Duration;
use xtask_support::command::{Failure, Result};
use xtask_support::style;

#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: u64,
    lost: usize,
    upgrades: usize,
    longest: Duration,
    /// The longest prompt request; slow ones do not count.
    longest_prompt: Duration,
}

impl Tally {
    /// Of the prompt requests and the slow ones, of which so many came to nothing.
    pub(super) fn new(calls: &Report, slow: &[Report], lost: usize) -> Self {
        let longest = |report: &Report| report.total().latencies.max();
        let longest_prompt = longest(calls);
        Self {
            sent: calls.sent() + slow.iter().map(Report::sent).sum::<u64>(),
            lost,
            upgrades: calls.speakers.len().saturating_sub(1),
            longest: slow.iter().map(longest).max().unwrap_or_default().max(longest_prompt),
            longest_prompt,
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
        write!(f, "requests sent {}, {lost}, upgrades {}, ", self.sent, self.upgrades)?;
        let (longest, prompt) = (self.longest.as_secs_f64(), self.longest_prompt.as_millis());
        write!(f, "longest response {longest:.2} s (not slow: {prompt} ms)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_fails() {
        let (longest, longest_prompt) = (Duration::from_millis(2010), Duration::from_millis(7));
        let tally = Tally { sent: 3, lost: 0, upgrades: 1, longest, longest_prompt };
        assert_eq!(
            tally.to_string(),
            "requests sent 3, lost 0, upgrades 1, longest response 2.01 s (not slow: 7 ms)"
        );
        assert!(tally.verdict().is_ok());
        assert!(Tally { lost: 1, ..tally }.verdict().is_err());
    }
}
