//! The `Content-Range` header.

use ureq::http::{HeaderMap, header};

/// A parsed `Content-Range`: the range of bytes in the response, and the length of the whole file
/// (RFC 9110, section 14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    /// One past the last byte.
    pub(crate) end: u64,
    /// The length of the whole file, if the server states it.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    /// The range of a response, if it has exactly one such header and that one is valid.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::CONTENT_RANGE).iter();
        let range = Self::parse(values.next()?.to_str().ok()?)?;
        values.next().is_none().then_some(range)
    }

    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let total = if total == "*" { None } else { Some(number(total)?) };
        let range = Self { first: number(first)?, end: number(last)?.checked_add(1)?, total };
        let is_sound = range.first < range.end && range.total.is_none_or(|all| range.end <= all);
        (is_sound && unit.eq_ignore_ascii_case("bytes")).then_some(range)
    }
}

/// Parses digits alone, without a sign or a space.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sound_ones_are_read_and_others_are_not() {
        let range = |first, end, total| Some(ContentRange { first, end, total });
        for (text, read) in [
            ("bytes 5-9/10", range(5, 10, Some(10))),
            ("Bytes 0-0/1", range(0, 1, Some(1))),
            ("bytes 5-9/*", range(5, 10, None)),
            (" bytes 5-9/12 ", range(5, 10, Some(12))),
            ("bytes 5-10/10", None),
            ("bytes 9-5/10", None),
            ("bytes */10", None),
            ("bytes=5-9/10", None),
            ("lines 5-9/10", None),
            ("bytes -9/10", None),
            ("bytes +5-9/10", None),
            ("bytes 5-9", None),
            ("bytes 0-18446744073709551615/*", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), read, "{text:?}");
        }
    }

    #[test]
    fn two_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(header::CONTENT_RANGE, "bytes 5-9/10".parse().unwrap());
        assert!(ContentRange::of(&headers).is_some());
        headers.append(header::CONTENT_RANGE, "bytes 5-9/10".parse().unwrap());
        assert_eq!(ContentRange::of(&headers), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(bytes )?[0-9*/ -]{0,30}") {
            if let Some(range) = ContentRange::parse(&text) {
                prop_assert!(range.first < range.end);
            }
        }
    }
}
