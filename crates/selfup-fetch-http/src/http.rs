use std::{fmt, time::Duration};

use crate::{Validators, poll::Poll, settings::Settings, validators::Seen};

/// Fetches a new executable from one address over HTTP or HTTPS.
///
/// Set it up with the methods below; what is wrong with the settings is reported by
/// [`init`](selfup_fetch::Fetch::init). The deadlines, and why they are what they are:
///
/// | phase | default | |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 10 s | a lost SYN is repeated after 1, 3 and 7 s |
/// | [`response_timeout`](Self::response_timeout) | 30 s | slow origins behind a cache answer within it |
/// | [`stall_timeout`](Self::stall_timeout) | 30 s | longer pauses than any retransmission needs |
/// | [`total_timeout`](Self::total_timeout) | 1 h | 500 MB at 140 kB/s |
///
/// The usual proxy variables of the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`,
/// `NO_PROXY`) are followed, unless [`proxy_from_env(false)`](Self::proxy_from_env) says no.
#[must_use]
pub struct Http {
    pub(crate) settings: Settings,
    pub(crate) interval: Option<Duration>,
    /// Made of the settings by `init` or the first `fetch`.
    pub(crate) poll: Option<Poll>,
    /// What the last settled executable looked like; `None` where nothing can prove it unchanged.
    pub(crate) settled: Option<Seen>,
    /// The signature of the settled executable, if it was refused for all that one was asked for;
    /// an inner `None` where there was none.
    pub(crate) refused: Option<Option<String>>,
    /// The artifact that was handed out and not settled yet.
    pub(crate) pending: Option<Pending>,
}

/// What an artifact looks like that was handed out.
pub(crate) struct Pending {
    /// As in [`Http::settled`].
    pub(crate) seen: Option<Seen>,
    /// As in [`Http::refused`].
    pub(crate) signature: Option<Option<String>>,
}

impl Http {
    /// Fetches from `url`, in which `{os}`, `{arch}` and `{target}` are filled in
    /// ([`selfup_fetch::expand`]).
    ///
    /// Credentials in it (`https://user:password@host/`) are sent as basic authentication, and
    /// shown nowhere.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(url.into()),
            interval: None,
            poll: None,
            settled: None,
            refused: None,
            pending: None,
        }
    }

    /// Sets how long to wait between two polls; by default the caller decides.
    ///
    /// Up to ten seconds, the connection is kept open from one poll to the next.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sends a header with each request to the configured origin.
    ///
    /// Names that the fetcher itself answers for (`accept-encoding`, `range` and the conditional
    /// ones, those of the message's framing) are refused by `init`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a bearer token to the configured origin.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends user and password to the configured origin (basic authentication, RFC 7617).
    pub fn basic(self, user: impl fmt::Display, password: impl fmt::Display) -> Self {
        self.header("authorization", crate::url::basic(format!("{user}:{password}").as_bytes()))
    }

    /// Names this client; the default is `selfup-fetch-http/` and its version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Sets which validators count; the default is all of them.
    pub const fn validators(mut self, validators: Validators) -> Self {
        self.settings.validators = validators;
        self
    }

    /// Refuses `http:` addresses, in the configuration and in redirects; the default is `false`.
    ///
    /// Without it, an `https:` address is never left for an `http:` one either.
    pub const fn https_only(mut self, only: bool) -> Self {
        self.settings.https_only = only;
        self
    }

    /// Sets how many redirects are followed in a row; the default is 10, more than any honest
    /// chain needs.
    pub const fn max_redirects(mut self, most: u32) -> Self {
        self.settings.max_redirects = most;
        self
    }

    /// Trusts the certificates in this PEM text as roots, and no others.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.roots = Some(pem.into());
        self
    }

    /// Whether to follow the environment's proxy variables; the default is `true`.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Sets how long resolving the name may take, and then how long connecting may, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the whole head of an answer may take once the request is sent.
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.response = timeout;
        self
    }

    /// Sets how long no single byte may arrive, in any phase, before the transfer counts as
    /// stalled.
    pub const fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.stall = timeout;
        self
    }

    /// Sets how long a request may take altogether, with its redirects and the reading of its
    /// body. It ends what trickles too fast to stall and too slowly to arrive.
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.total = timeout;
        self
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("settings", &self.settings)
            .field("interval", &self.interval)
            .field("settled", &self.settled)
            .finish_non_exhaustive()
    }
}
