//! Answers that are not what they say.

use super::{Remote, Stage, release};
use selfup::fetch::{ErrorKind, Outcome};
use selfup_tests::front::{Answers, Fault};

/// Who was told the length by others sees before the end that it is another file.
pub(crate) fn more_announced<S: Remote>(stage: &mut Stage<S>) {
    for more in [1, 1 << 40] {
        stage.spoil(Answers::Files, &Fault::Announce(more), |fetcher| {
            let error = fetcher.fails(&[ErrorKind::Truncated, ErrorKind::Changed]);
            assert!(error.is_transient(), "{error}");
        });
    }
}

/// Over HTTP that cannot be told from a shorter file; who knows more of the file notices. In no
/// case is it the last word.
pub(crate) fn fewer_announced<S: Remote>(stage: &mut Stage<S>) {
    stage.spoil(Answers::Files, &Fault::Announce(-1), |fetcher| {
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
    stage.spoil(Answers::All, &Fault::Noise, |fetcher| {
        let error = fetcher.fails(&[ErrorKind::Protocol]);
        assert!(error.is_transient(), "{error}");
    });
}
