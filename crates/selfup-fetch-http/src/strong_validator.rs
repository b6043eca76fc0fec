//! Validators strong enough to join parts of two responses.

use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{known_validators::age, validators::Validators};

/// A validator that allows joining a part of one response to a part of another.
///
/// It is a strong `ETag`, which stands for one sequence of bytes (RFC 9110, section 8.8.3). If
/// there is no tag at all, it is a `Last-Modified` that is old enough (section 8.8.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StrongValidator {
    name: HeaderName,
    value: HeaderValue,
}

/// The minimum age of a `Last-Modified` by the clock of the server. A second would do if the same
/// clock dated the file; RFC 7232 asked for a minute in case another one did.
const OLD: Duration = Duration::from_secs(60);

impl StrongValidator {
    /// The strong validator of a response, if it has one.
    ///
    /// A response with a weak tag has none: next to a tag, the time must not be used (RFC 9110,
    /// section 13.1.5).
    pub(crate) fn of(headers: &HeaderMap, rules: Validators) -> Option<Self> {
        let (name, value) = match headers.get(header::ETAG) {
            Some(tag) => (header::ETAG, tag),
            None => (header::LAST_MODIFIED, headers.get(header::LAST_MODIFIED)?),
        };
        let is_strong = if name == header::ETAG {
            rules.counts_etag() && is_strong_tag(value.as_bytes())
        } else {
            rules.counts_last_modified() && age(headers).is_some_and(|age| age >= OLD)
        };
        is_strong.then(|| Self { name, value: value.clone() })
    }

    /// The condition of a request for a range.
    pub(crate) fn if_range(&self) -> (HeaderName, HeaderValue) {
        (header::IF_RANGE, self.value.clone())
    }

    /// Whether another response has the same validator, and so the same bytes.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.get(&self.name) == Some(&self.value)
    }
}

/// Whether a tag is strong: in quotes, without a `W/` before them.
fn is_strong_tag(tag: &[u8]) -> bool {
    tag.len() >= 2 && tag.starts_with(b"\"") && tag.ends_with(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: &str = "Mon, 05 Jan 2026 10:00:00 GMT";

    fn strong(
        pairs: &[(&'static str, &'static str)],
        rules: Validators,
    ) -> Option<StrongValidator> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        StrongValidator::of(&headers.collect(), rules)
    }

    #[test]
    fn a_strong_tag_it_is_or_an_old_time_without_any_tag() {
        let later = "Mon, 05 Jan 2026 10:01:00 GMT";
        let sooner = "Mon, 05 Jan 2026 10:00:59 GMT";
        let earlier = "Mon, 05 Jan 2026 09:00:00 GMT";
        for (pairs, is_strong) in [
            (vec![("etag", "\"1\"")], true),
            (vec![("etag", "\"\"")], true),
            (vec![("etag", "W/\"1\"")], false),
            (vec![("etag", "1")], false),
            (vec![("etag", "\"")], false),
            (vec![("etag", "\"1\""), ("last-modified", MODIFIED)], true),
            (vec![("etag", "W/\"1\""), ("last-modified", MODIFIED), ("date", later)], false),
            (vec![("last-modified", MODIFIED), ("date", later)], true),
            (vec![("last-modified", MODIFIED), ("date", sooner)], false),
            (vec![("last-modified", MODIFIED), ("date", earlier)], false),
            (vec![("last-modified", MODIFIED)], false),
            (vec![("content-length", "5")], false),
        ] {
            assert_eq!(strong(&pairs, Validators::all()).is_some(), is_strong, "{pairs:?}");
        }
    }

    #[test]
    fn what_does_not_count_joins_nothing() {
        let tag = [("etag", "\"1\"")];
        assert_eq!(strong(&tag, Validators::all().etag(false)), None);
        let time = [("last-modified", MODIFIED), ("date", "Mon, 05 Jan 2026 12:00:00 GMT")];
        assert_eq!(strong(&time, Validators::all().last_modified(false)), None);
        assert!(strong(&time, Validators::all().etag(false)).is_some());
    }

    #[test]
    fn another_response_has_to_repeat_it() {
        let tag = strong(&[("etag", "\"1\""), ("last-modified", MODIFIED)], Validators::all());
        let tag = tag.unwrap();
        let headers = |name, value| {
            let pair = (HeaderName::from_static(name), HeaderValue::from_static(value));
            [pair].into_iter().collect::<HeaderMap>()
        };
        assert!(tag.is_in(&headers("etag", "\"1\"")));
        assert!(!tag.is_in(&headers("etag", "W/\"1\"")));
        assert!(!tag.is_in(&headers("etag", "\"2\"")));
        assert!(!tag.is_in(&headers("last-modified", MODIFIED)));
    }
}
