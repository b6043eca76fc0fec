//! Computes the figures of a trial.

use super::trial::{AROUND, STEADY, Trial};
use selfup_load::{Loss, Sample};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) struct Figures {
    pub(super) sent: usize,
    pub(super) losses: BTreeMap<Loss, u64>,
    /// The latencies of requests due before the first restart.
    pub(super) steady: Quantiles,
    /// The latencies of requests due soon after a signal.
    pub(super) around: Quantiles,
    /// From the signal to the first response of a new process, median and longest.
    pub(super) first_response: (Duration, Duration),
    /// From the signal until nothing was left of the old one, median and longest.
    pub(super) done: (Duration, Duration),
}

/// Latencies of what was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Quantiles {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    pub(super) p999: Duration,
    pub(super) max: Duration,
}

impl Figures {
    pub(super) fn of(trial: &Trial) -> Self {
        let samples = &trial.report.samples;
        let handovers = &trial.handovers;
        let is_around = |sample: &Sample| {
            handovers.iter().any(|it| (it.signalled..it.signalled + AROUND).contains(&sample.due))
        };
        let from_signal = |end: fn(&super::trial::Handover) -> Duration| {
            median_and_max(handovers.iter().map(|it| end(it) - it.signalled).collect())
        };
        Self {
            sent: samples.len(),
            losses: trial.report.total().losses,
            steady: Quantiles::of(samples.iter().filter(|sample| sample.due < STEADY)),
            around: Quantiles::of(samples.iter().filter(|sample| is_around(sample))),
            first_response: from_signal(|it| it.answered),
            done: from_signal(|it| it.done),
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.losses.values().sum()
    }
}

impl Quantiles {
    fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let answered = samples.filter(|sample| sample.outcome.is_ok());
        let mut sorted: Vec<Duration> =
            answered.map(|sample| sample.at.saturating_sub(sample.due)).collect();
        sorted.sort_unstable();
        // The nearest rank: always a latency that was measured.
        let at = |thousandths: usize| {
            let rank = (sorted.len() * thousandths).div_ceil(1000);
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { p50: at(500), p99: at(990), p999: at(999), max: at(1000) }
    }
}

fn median_and_max(mut durations: Vec<Duration>) -> (Duration, Duration) {
    durations.sort_unstable();
    let median = durations.get(durations.len() / 2).copied().unwrap_or_default();
    (median, durations.last().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_the_longest_the_last() {
        let milliseconds = |list: &[u64]| list.iter().copied().map(Duration::from_millis).collect();
        let expected = (Duration::from_millis(5), Duration::from_millis(9));
        assert_eq!(median_and_max(milliseconds(&[9, 1, 5])), expected);
        assert_eq!(median_and_max(Vec::new()), (Duration::ZERO, Duration::ZERO));
    }
}
