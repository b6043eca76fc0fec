//! Records how long responses took.

use std::time::Duration;

/// The latencies of answered requests, each from when the request was due.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    pub(crate) fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }

    /// The latency that this share of responses (from 0 to 1) did not exceed; zero if there are none.
    pub fn quantile(&self, share: f64) -> Duration {
        let [value] = self.quantiles([share]);
        value
    }

    /// Several at once, for the price of one sort.
    pub fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [Duration; N] {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        shares.map(|share| {
            // The nearest rank: always a latency that was measured.
            let rank = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let latencies = Latencies((1..=1000).rev().map(Duration::from_millis).collect());
        let expected = [500, 990, 999, 1000].map(Duration::from_millis);
        assert_eq!(latencies.quantiles([0.5, 0.99, 0.999, 1.0]), expected);
        assert_eq!(latencies.max(), Duration::from_secs(1));
        assert_eq!(Latencies::default().quantile(0.5), Duration::ZERO);
    }
}
