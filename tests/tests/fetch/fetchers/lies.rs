//! Tests responses that contradict their own headers.

use super::{Remote, Stage, release};
use selfup::fetch::{ErrorKind, Outcome};
use selfup_tests::front::{Fault, Responses};

/// A fetcher that has the length from elsewhere notices before the end that it is another file.
pub(crate) fn more_announced<S: Remote>(stage: &mut Stage<S>) {
    for more in [1, 1 << 40] {
        stage.spoil(Responses::Files, &Fault::Announce(more), |fetcher| {
            let error = fetcher.fails(&[ErrorKind::Truncated, ErrorKind::Changed]);
            assert!(error.is_transient(), "{error}");
        });
    }
}

/// Over HTTP that cannot be distinguished from a shorter file; a fetcher that knows more of the file
/// notices. The next poll corrects it in any case.
pub(crate) fn fewer_announced<S: Remote>(stage: &mut Stage<S>) {
    stage.spoil(Responses::Files, &Fault::Announce(-1), |fetcher| {
        match fetcher.ask() {
            Ok(found) => {
                let length = found.expect("something new").len();
                assert!((release(0).len() - 1..release(0).len() + 99).contains(&length));
            }
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        fetcher.report(Outcome::Failed);
    });
}

pub(crate) fn no_http<S: Remote>(stage: &mut Stage<S>) {
    stage.spoil(Responses::All, &Fault::Noise, |fetcher| {
        let error = fetcher.fails(&[ErrorKind::Protocol]);
        assert!(error.is_transient(), "{error}");
    });
}
