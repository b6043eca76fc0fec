//! Tests connections that break.

use super::{Remote, Stage};
use selfup::fetch::ErrorKind;
use selfup_tests::front::{Fault, Place, Responses};

pub(crate) fn cut_off<S: Remote>(stage: &mut Stage<S>) {
    breaks(stage, Fault::Cut);
}

pub(crate) fn reset<S: Remote>(stage: &mut Stage<S>) {
    breaks(stage, Fault::Reset);
}

/// A body that is cut off is never taken for a whole one. Before it, the connection may as well
/// never have been there.
fn breaks<S: Remote>(stage: &mut Stage<S>, fault: fn(Place) -> Fault) {
    for place in Place::ALL {
        let kinds: &[ErrorKind] = if place.is_in_the_body() {
            &[ErrorKind::Truncated]
        } else {
            &[ErrorKind::Truncated, ErrorKind::Unreachable]
        };
        for responses in [Responses::All, Responses::Files] {
            stage.spoil(responses, &fault(place), |fetcher| {
                let error = fetcher.fails(kinds);
                assert!(error.is_transient(), "{error}");
            });
        }
    }
}
