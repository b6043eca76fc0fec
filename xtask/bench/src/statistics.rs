//! Medians, their ratios, and differences pair by pair.

use std::time::Duration;

/// Measurements of one thing.
#[derive(Default)]
pub(super) struct Sample(Vec<Duration>);

impl Sample {
    pub(super) fn push(&mut self, measured: Duration) {
        self.0.push(measured);
    }

    pub(super) fn median(&self) -> Duration {
        self.quantile(1, 2)
    }

    /// The value below which `part` of `whole` of the measurements lie.
    pub(super) fn quantile(&self, part: usize, whole: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() * part / whole).copied().unwrap_or_default()
    }

    /// The median of the differences, in milliseconds, of runs made one after the other: what the
    /// machine does to both falls out.
    pub(super) fn paired_difference(&self, other: &Self) -> f64 {
        let mut differences: Vec<f64> = self
            .0
            .iter()
            .zip(&other.0)
            .map(|(one, other)| milliseconds(*one) - milliseconds(*other))
            .collect();
        differences.sort_unstable_by(f64::total_cmp);
        differences.get(differences.len() / 2).copied().unwrap_or_default()
    }

    /// How many times the other's median this one's is.
    pub(super) fn ratio(&self, other: &Self) -> f64 {
        self.median().as_secs_f64() / other.median().as_secs_f64()
    }
}

pub(super) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(milliseconds: &[u64]) -> Sample {
        Sample(milliseconds.iter().map(|ms| Duration::from_millis(*ms)).collect())
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(sample(&[9, 1, 5]).median(), Duration::from_millis(5));
        assert_eq!(sample(&[1, 2, 3, 4, 100]).quantile(4, 5), Duration::from_millis(100));
    }

    #[test]
    fn differences_are_taken_pair_by_pair() {
        let difference = sample(&[12, 102, 52]).paired_difference(&sample(&[10, 100, 51]));
        assert!((difference - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let ratio = sample(&[3, 30, 300]).ratio(&sample(&[2, 20, 2000]));
        assert!((ratio - 1.5).abs() < 1e-9);
    }
}
