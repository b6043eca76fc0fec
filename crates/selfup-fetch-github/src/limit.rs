//! Respects the rate limits of the API.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode, header};
use selfup_fetch::{Error, ErrorKind};

/// The time until which the API refuses requests.
///
/// The headers `x-ratelimit-remaining` and `x-ratelimit-reset` report the primary limit, also in the
/// last response that it allows. Secondary limits show in `retry-after`, or in the status alone.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    closed: Option<Closed>,
}

#[derive(Debug, Clone)]
struct Closed {
    until: Instant,
    reason: String,
}

/// The windows of the primary limit last an hour. A header with a longer one is wrong, and must not
/// end the upgrades of a host.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The minimum pause after a limit without a time.
const UNTOLD: Duration = Duration::from_secs(60);

impl Limit {
    /// Fails as long as the API refuses requests.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        let Some(closed) = &self.closed else { return Ok(()) };
        let left = closed.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.closed = None;
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, closed.reason.clone()).with_retry_after(left))
    }

    /// Records the limit in the head of a response of the API.
    pub(crate) fn note(&mut self, status: StatusCode, headers: &HeaderMap, has_token: bool) {
        if let Some((wait, reason)) = announced(status, headers, has_token) {
            self.close(wait, reason);
        }
    }

    /// Records a refusal as a limit that the head does not show.
    pub(crate) fn note_unannounced(&mut self) {
        self.close(UNTOLD, secondary(UNTOLD));
    }

    fn close(&mut self, wait: Duration, reason: String) {
        // The clocks count whole seconds, so wait one second more.
        let wait = wait.min(LONGEST) + Duration::from_secs(1);
        self.closed = Some(Closed { until: Instant::now() + wait, reason });
    }
}

fn announced(
    status: StatusCode,
    headers: &HeaderMap,
    has_token: bool,
) -> Option<(Duration, String)> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let is_refused = matches!(status.as_u16(), 403 | 429);
    if let Some(seconds) = number("retry-after").filter(|_| is_refused) {
        let wait = Duration::from_secs(seconds);
        return Some((wait, secondary(wait)));
    }
    if number("x-ratelimit-remaining") == Some(0)
        && let Some(reset) = number("x-ratelimit-reset")
    {
        let reset = UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
        let wait = reset.duration_since(now(headers)).unwrap_or_default();
        return Some((wait, primary(number("x-ratelimit-limit"), reset, has_token)));
    }
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| (UNTOLD, secondary(UNTOLD)))
}

/// The time by the clock of the server, to which the time of the reset refers.
fn now(headers: &HeaderMap) -> SystemTime {
    let date = || httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok();
    date().unwrap_or_else(SystemTime::now)
}

fn primary(limit: Option<u64>, reset: SystemTime, has_token: bool) -> String {
    let limit = limit.map(|limit| format!("{limit} ")).unwrap_or_default();
    // The format allows only years with four digits.
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let reset = httpdate::fmt_http_date(reset.min(last));
    let remedy = if has_token {
        "poll less often, or with a token of which less else is asked"
    } else {
        "a token raises the limit, and polls that find nothing new are then free"
    };
    format!("the limit of {limit}requests an hour is used up until {reset}; {remedy}")
}

fn secondary(wait: Duration) -> String {
    format!("the api asks to be left alone for {wait:?}; poll less often, and from fewer hosts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    const DATE: (&str, &str) = ("date", "Mon, 05 Jan 2026 10:00:00 GMT");
    /// 20 minutes later.
    const RESET: (&str, &str) = ("x-ratelimit-reset", "1767608400");

    fn wait(status: u16, pairs: &[(&'static str, &'static str)]) -> Option<u64> {
        let status = StatusCode::from_u16(status).unwrap();
        announced(status, &headers(pairs), false).map(|(wait, _)| wait.as_secs())
    }

    #[test]
    fn the_requested_pause_is_respected() {
        let (none, one) = (("x-ratelimit-remaining", "0"), ("x-ratelimit-remaining", "1"));
        assert_eq!(wait(200, &[one, RESET, DATE]), None);
        assert_eq!(wait(200, &[none, RESET, DATE]), Some(1200), "the last one that was allowed");
        assert_eq!(wait(403, &[none, RESET, DATE]), Some(1200));
        assert_eq!(wait(429, &[none, RESET, DATE]), Some(1200));
        assert_eq!(wait(403, &[one, RESET, DATE]), None, "that is no limit");
        assert_eq!(wait(403, &[]), None);
        assert_eq!(wait(403, &[("retry-after", "7"), one]), Some(7));
        assert_eq!(wait(429, &[("retry-after", "7"), none, RESET, DATE]), Some(7));
        assert_eq!(wait(429, &[]), Some(60));
        let late = ("date", "Mon, 05 Jan 2026 11:00:00 GMT");
        assert_eq!(wait(403, &[none, RESET, late]), Some(0));
    }

    #[test]
    fn it_names_the_reset_and_what_helps() {
        let head =
            headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-limit", "60"), RESET, DATE]);
        let mut limit = Limit::default();
        limit.check().unwrap();
        limit.note(StatusCode::FORBIDDEN, &head, false);
        let error = limit.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.is_transient());
        let wait = error.retry_after().unwrap();
        assert!(wait > Duration::from_secs(1100) && wait <= Duration::from_secs(1201), "{wait:?}");
        for words in ["60 requests", "Mon, 05 Jan 2026 10:20:00 GMT", "a token raises"] {
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn a_mistaken_reset_ends_nothing() {
        let head = headers(&[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "18446744073709551615"),
        ]);
        let mut limit = Limit::default();
        limit.note(StatusCode::FORBIDDEN, &head, true);
        let reset =
            headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "253402300800000")]);
        limit.note(StatusCode::FORBIDDEN, &reset, true);
        let wait = limit.check().unwrap_err().retry_after().unwrap();
        assert!(wait <= LONGEST + Duration::from_secs(1), "{wait:?}");
    }
}
