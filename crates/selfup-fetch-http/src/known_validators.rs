//! The validators of the last response, for comparison with the next.

use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::validators::Validators;

/// The headers of a response that show whether the file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownValidators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
    content_length: Option<HeaderValue>,
    rules: Validators,
}

impl KnownValidators {
    pub(crate) fn of(headers: &HeaderMap, rules: Validators) -> Self {
        let if_counts =
            |counts: bool, name: HeaderName| headers.get(name).filter(|_| counts).cloned();
        Self {
            etag: if_counts(rules.counts_etag(), header::ETAG),
            last_modified: if_counts(rules.counts_last_modified(), header::LAST_MODIFIED),
            content_length: if_counts(rules.counts_content_length(), header::CONTENT_LENGTH),
            rules,
        }
    }

    /// Returns `self` if a later response could prove that nothing has changed.
    ///
    /// A `Last-Modified` of the current second proves nothing: the file may be replaced again
    /// within that second (RFC 9110, section 8.8.2.2).
    pub(crate) fn provable(self, headers: &HeaderMap) -> Option<Self> {
        let proves = self.etag.is_some()
            || self.last_modified.is_some() && is_past(headers)
            || self.content_length.is_some() && self.rules.only_content_length();
        proves.then_some(self)
    }

    /// Whether `now` stands for the same file as `self`.
    pub(crate) fn is_still(&self, now: &Self) -> bool {
        let best = if self.etag.is_some() {
            self.etag == now.etag
        } else if self.last_modified.is_some() {
            self.last_modified == now.last_modified
        } else {
            self.rules.only_content_length() && self.content_length == now.content_length
        };
        best && agree(&self.etag, &now.etag)
            && agree(&self.last_modified, &now.last_modified)
            && agree(&self.content_length, &now.content_length)
    }

    /// The condition that asks for a body only if something has changed.
    ///
    /// If there is a tag, it is the only condition, because servers compare tags for equality. They
    /// may compare times for order, and so miss that an older file was restored;
    /// [`refutes`](Self::refutes) catches that.
    pub(crate) fn condition(&self) -> Option<(HeaderName, HeaderValue)> {
        let tag = || Some((header::IF_NONE_MATCH, self.etag.clone()?));
        let time = || Some((header::IF_MODIFIED_SINCE, self.last_modified.clone()?));
        tag().or_else(time)
    }

    /// Like `condition`, but never by time.
    pub(crate) fn condition_by_tag(&self) -> Option<(HeaderName, HeaderValue)> {
        self.condition().filter(|(name, _)| *name == header::IF_NONE_MATCH)
    }

    /// Whether the headers of a "not modified" contradict it.
    pub(crate) fn refutes(&self, not_modified: &HeaderMap) -> bool {
        let now = Self::of(not_modified, self.rules);
        match self.etag {
            Some(_) => !agree(&self.etag, &now.etag),
            None => !agree(&self.last_modified, &now.last_modified),
        }
    }
}

/// Whether two values are equal, as far as both are known.
fn agree(then: &Option<HeaderValue>, now: &Option<HeaderValue>) -> bool {
    then.is_none() || now.is_none() || then == now
}

/// Whether the second that `Last-Modified` names is over.
fn is_past(headers: &HeaderMap) -> bool {
    age(headers).is_some_and(|age| age >= Duration::from_secs(2))
}

/// The age of `Last-Modified` by the clock of the server.
pub(crate) fn age(headers: &HeaderMap) -> Option<Duration> {
    let time = |name| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
    time(header::DATE)?.duration_since(time(header::LAST_MODIFIED)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "Mon, 05 Jan 2026 10:00:00 GMT";
    const NEW: &str = "Mon, 05 Jan 2026 10:00:09 GMT";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn seen(pairs: &[(&'static str, &'static str)]) -> KnownValidators {
        KnownValidators::of(&headers(pairs), Validators::all())
    }

    #[test]
    fn the_best_validator_decides_and_others_may_object() {
        let then = seen(&[("etag", "\"1\""), ("last-modified", OLD), ("content-length", "9")]);
        assert!(then.is_still(&then));
        assert!(then.is_still(&seen(&[("etag", "\"1\"")])), "what is not sent does not object");
        assert!(!then.is_still(&seen(&[("etag", "\"2\""), ("last-modified", OLD)])));
        assert!(!then.is_still(&seen(&[("etag", "\"1\""), ("last-modified", NEW)])));
        assert!(!then.is_still(&seen(&[("etag", "\"1\""), ("content-length", "8")])));
        assert!(!then.is_still(&seen(&[("last-modified", OLD)])), "the tag is gone");
        assert!(!then.is_still(&seen(&[])));

        let then = seen(&[("last-modified", OLD), ("content-length", "9")]);
        assert!(then.is_still(&seen(&[("last-modified", OLD), ("content-length", "9")])));
        assert!(!then.is_still(&seen(&[("last-modified", NEW), ("content-length", "9")])));
        assert!(!then.is_still(&seen(&[("content-length", "9")])));
    }

    #[test]
    fn a_length_proves_something_only_where_nothing_else_counts() {
        let nine = [("content-length", "9")];
        assert_eq!(seen(&nine).provable(&headers(&nine)), None);
        assert!(!seen(&nine).is_still(&seen(&nine)));

        let rules = Validators::none().content_length(true);
        let alone = |pairs| KnownValidators::of(&headers(pairs), rules);
        let then = alone(&[("etag", "\"1\""), ("content-length", "9")]);
        assert_eq!(then.etag, None, "the tag does not count");
        assert!(then.clone().provable(&headers(&nine)).is_some());
        assert!(then.is_still(&alone(&nine)));
        assert!(!then.is_still(&alone(&[("content-length", "8")])));
        assert!(!then.is_still(&alone(&[])));
    }

    #[test]
    fn a_time_proves_nothing_in_its_own_second() {
        for (date, provable) in [
            (Some(OLD), false),
            (Some("Mon, 05 Jan 2026 10:00:01 GMT"), false),
            (Some("Mon, 05 Jan 2026 10:00:02 GMT"), true),
            (Some("Mon, 05 Jan 2026 09:00:00 GMT"), false),
            (None, false),
        ] {
            let mut pairs = vec![("last-modified", OLD)];
            pairs.extend(date.map(|date| ("date", date)));
            let headers = headers(&pairs);
            let seen = KnownValidators::of(&headers, Validators::all());
            assert_eq!(seen.provable(&headers).is_some(), provable, "{date:?}");
        }
    }

    #[test]
    fn nothing_that_does_not_count_is_asked_for() {
        let all = [("etag", "W/\"1\""), ("last-modified", OLD), ("content-length", "9")];
        assert_eq!(seen(&all).condition().unwrap().0, header::IF_NONE_MATCH);
        assert_eq!(seen(&all[1..]).condition().unwrap().0, header::IF_MODIFIED_SINCE);
        assert_eq!(seen(&all[1..]).condition_by_tag(), None);
        assert_eq!(seen(&all[2..]).condition(), None);
        let none = KnownValidators::of(&headers(&all), Validators::none());
        assert_eq!(none.condition(), None);
        assert_eq!(none.provable(&headers(&all)), None);
    }

    #[test]
    fn not_modified_is_not_believed_against_its_own_headers() {
        let then = seen(&[("last-modified", NEW)]);
        assert!(then.refutes(&headers(&[("last-modified", OLD)])));
        assert!(!then.refutes(&headers(&[("last-modified", NEW)])));
        assert!(!then.refutes(&headers(&[])));
        let then = seen(&[("etag", "\"1\""), ("last-modified", NEW)]);
        assert!(!then.refutes(&headers(&[("etag", "\"1\""), ("last-modified", OLD)])));
        assert!(then.refutes(&headers(&[("etag", "\"2\"")])));
    }
}
