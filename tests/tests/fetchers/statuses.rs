//! Answers that are none.

use super::{Remote, Stage};
use selfup::fetch::ErrorKind;
use selfup_fetch::Backoff;
use selfup_tests::front::{Answers, Fault};
use std::time::Duration;

/// Somebody has to change something; it is said, and it is asked again all the same.
pub(crate) fn not_allowed<S: Remote>(stage: &mut Stage<S>) {
    for status in [401, 403] {
        for answers in [Answers::All, Answers::Files] {
            stage.spoil(answers, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::Denied]);
                assert!(!error.is_transient(), "{error}");
                assert_eq!(error.retry_after(), None);
            });
        }
    }
}

pub(crate) fn not_there<S: Remote>(stage: &mut Stage<S>) {
    for status in [404, 410] {
        for answers in [Answers::All, Answers::Files] {
            stage.spoil(answers, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::NotFound]);
                assert!(error.is_transient(), "{error}");
            });
        }
    }
}

pub(crate) fn in_trouble<S: Remote>(stage: &mut Stage<S>) {
    for status in [429, 500, 502, 503, 504, 599] {
        for answers in [Answers::All, Answers::Files] {
            stage.spoil(answers, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::Unavailable]);
                assert!(error.is_transient(), "{error}");
                assert_eq!(error.retry_after(), None);
            });
        }
    }
}

/// What the server asks for is passed on as it is; how much of it is granted, the back-off says.
pub(crate) fn asked_to_wait<S: Remote>(stage: &mut Stage<S>) {
    let hour = Duration::from_secs(3600);
    for (status, asked) in [(429, 7), (503, 7), (403, 7), (503, 0), (503, 10_000_000_000)] {
        let headers = vec![("retry-after", asked.to_string())];
        let asked = Duration::from_secs(asked);
        for answers in [Answers::All, Answers::Files] {
            stage.spoil(answers, &Fault::Status(status, headers.clone()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::Unavailable]);
                assert!(error.is_transient(), "{error}");
                assert_eq!(error.retry_after(), Some(asked), "{error}");
                let mut backoff = Backoff::new(Duration::from_secs(1), hour / 12, 7);
                let pause = backoff.after_failure(error.retry_after());
                assert!(pause >= asked.min(hour), "{pause:?}");
                assert!(pause <= (hour + hour / 10), "{pause:?}");
            });
        }
    }
}
