//! Tests servers that respond slowly, and servers that never finish.

use super::{Remote, Stage};
use selfup::fetch::ErrorKind;
use selfup_tests::front::{Fault, Place, Responses};
use std::time::Duration;

pub(crate) fn stalled<S: Remote>(stage: &mut Stage<S>) {
    let patience = Duration::from_millis(200);
    for place in Place::ALL {
        let fetcher = stage.source.fetcher_at(&stage.origin(), patience);
        stage.spoil_for(fetcher, Responses::All, &Fault::Stall(place), |fetcher| {
            let error = fetcher.fails(&[ErrorKind::Stalled, ErrorKind::TimedOut]);
            assert!(error.is_transient(), "{error}");
        });
    }
    let fetcher = stage.source.fetcher_at(&stage.origin(), patience);
    stage.spoil_for(fetcher, Responses::Files, &Fault::Stall(Place::Middle), |fetcher| {
        fetcher.fails(&[ErrorKind::Stalled, ErrorKind::TimedOut]);
    });
}

/// A fetcher waits for a slow transfer for longer than for one that stands still.
pub(crate) fn slow<S: Remote>(stage: &mut Stage<S>) {
    let patience = Duration::from_secs(1);
    let fetcher = stage.source.fetcher_at(&stage.origin(), patience);
    let slow = Fault::Trickle(20, patience / 15);
    stage.spoil_for(fetcher, Responses::Files, &slow, |fetcher| {
        let asked = std::time::Instant::now();
        // Settled as failed, so that it comes again at once.
        fetcher.ask().unwrap().expect("something new");
        fetcher.report(selfup::fetch::Outcome::Failed);
        assert!(asked.elapsed() > patience, "it was too fast for this test");
    });
}
