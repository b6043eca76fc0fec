//! Tests responses with a status other than success.

use super::{Remote, Stage};
use selfup::fetch::ErrorKind;
use selfup_fetch::Backoff;
use selfup_tests::front::{Fault, Responses};
use std::time::Duration;

/// An operator has to change something: the fetcher reports that, and the polls go on.
pub(crate) fn not_allowed<S: Remote>(stage: &mut Stage<S>) {
    for status in [401, 403] {
        for responses in [Responses::All, Responses::Files] {
            stage.spoil(responses, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::Denied]);
                assert!(!error.is_transient(), "{error}");
                assert_eq!(error.retry_after(), None);
            });
        }
    }
}

pub(crate) fn not_there<S: Remote>(stage: &mut Stage<S>) {
    for status in [404, 410] {
        for responses in [Responses::All, Responses::Files] {
            stage.spoil(responses, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::NotFound]);
                assert!(error.is_transient(), "{error}");
            });
        }
    }
}

pub(crate) fn in_trouble<S: Remote>(stage: &mut Stage<S>) {
    for status in [500, 502, 503, 504, 599] {
        for responses in [Responses::All, Responses::Files] {
            stage.spoil(responses, &Fault::Status(status, Vec::new()), |fetcher| {
                let error = fetcher.fails(&[ErrorKind::Unavailable]);
                assert!(error.is_transient(), "{error}");
                assert_eq!(error.retry_after(), None);
            });
        }
    }
}

/// The fetcher reports the pause that the server asks for. It may keep the pause by itself, too.
pub(crate) fn asked_to_wait<S: Remote>(stage: &mut Stage<S>) {
    let second = Duration::from_secs(1);
    let headers = vec![("retry-after", "1".to_owned())];
    for (status, responses) in
        [(429, Responses::All), (503, Responses::All), (503, Responses::Files)]
    {
        stage.spoil(responses, &Fault::Status(status, headers.clone()), |fetcher| {
            let error = fetcher.fails(&[ErrorKind::Unavailable]);
            assert!(error.is_transient(), "{error}");
            let asked = error.retry_after().expect("how long it asked to be left alone");
            assert!((second..=2 * second).contains(&asked), "{asked:?}: {error}");
        });
    }
}

/// A server cannot ask for a pause of more than an hour, not even by mistake.
pub(crate) fn asked_to_wait_for_ever<S: Remote>(stage: &mut Stage<S>) {
    let hour = Duration::from_secs(3600);
    for asked in [None, Some("7200"), Some("99999999999"), Some("never")] {
        let headers = asked.map(|asked| vec![("retry-after", asked.to_owned())]);
        stage.source.front().spoil(Responses::All, Fault::Status(429, headers.unwrap_or_default()));
        let error = stage.fetcher().fails(&[ErrorKind::Unavailable]);
        assert!(error.is_transient(), "{error}");
        let mut backoff = Backoff::new(Duration::from_secs(1), hour / 12, 7);
        let pause = backoff.after_failure(error.retry_after());
        assert!(pause <= (hour + hour / 10), "{pause:?}");
        let is_time = asked.is_some_and(|asked| asked.parse::<u64>().is_ok());
        assert!(pause >= hour || !is_time, "{pause:?}");
    }
}
