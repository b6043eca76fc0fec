//! The fetcher of one URL, and its settings as a program makes them.

use std::{fmt, time::Duration};

use selfup_fetch::parts::Memory;

use crate::{
    known_validators::KnownValidators,
    poll::Poll,
    settings::{Identity, Settings},
    validators::Validators,
};

/// Fetches a new executable from one URL over HTTP or HTTPS.
///
/// Configure it with the methods below; [`init`](selfup_fetch::Fetch::init) reports errors of the configuration.
/// The deadlines, with the reason of each default:
///
/// | phase | default | |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 10 s | a lost SYN is repeated after 1, 3 and 7 s |
/// | [`response_timeout`](Self::response_timeout) | 30 s | slow origins behind a cache respond within it |
/// | [`stall_timeout`](Self::stall_timeout) | 30 s | longer pauses than any retransmission needs |
/// | [`total_timeout`](Self::total_timeout) | 1 h | 500 MB at 140 kB/s |
///
/// The other settings:
///
/// | setting | default | |
/// |---|---|---|
/// | [`validators`](Self::validators) | all | the more is compared, the less is missed |
/// | [`https_only`](Self::https_only) | `false` | an `http:` URL is a deliberate choice |
/// | [`allow_insecure_credentials`](Self::allow_insecure_credentials) | `false` | anyone on the path could read them |
/// | [`max_redirects`](Self::max_redirects) | 10 | more than any honest chain needs |
/// | [`resumptions`](Self::resumptions) | 10 | a transfer of an hour that breaks off every few minutes |
/// | [`trust`](Self::trust) | Mozilla's roots | the same everywhere, in an empty container too |
/// | [`client_certificate`](Self::client_certificate) | none | few servers ask |
/// | [`proxy_from_env`](Self::proxy_from_env) | `true` | as everything else on the machine does |
/// | [`interval`](Self::interval) | the caller's | the program knows how soon an upgrade has to arrive |
/// | [`user_agent`](Self::user_agent) | this crate and its version | for the logs of servers |
#[must_use]
pub struct Http {
    pub(crate) settings: Settings,
    pub(crate) interval: Option<Duration>,
    /// The client, which `init` or the first `fetch` creates from the settings.
    pub(crate) poll: Option<Poll>,
    /// The results of earlier polls.
    pub(crate) memory: Memory<KnownValidators>,
    /// The last offer, if the URL is that of a manifest.
    #[cfg(feature = "manifest")]
    pub(crate) offers: Option<selfup_fetch::manifest::Offers<crate::manifest::Place>>,
}

impl Http {
    /// Creates a fetcher of `url`, in which `{os}`, `{arch}` and `{target}` are replaced
    /// ([`selfup_fetch::expand`]).
    ///
    /// Credentials in it (`https://user:password@host/`) are sent as basic authentication, and never printed.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(url.into()),
            interval: None,
            poll: None,
            memory: Memory::new(),
            #[cfg(feature = "manifest")]
            offers: None,
        }
    }

    /// Creates a fetcher of the file that the manifest at `url` has for this platform. `url` is as for
    /// [`new`](Self::new), and all other settings apply.
    ///
    /// The manifest is one small document for all platforms, which [`selfup_fetch::manifest`] parses. Polls
    /// fetch the manifest, and the file that it names when there is something new for this platform. Files of
    /// the configured origin are requested with its credentials, others without. An `https:` manifest may
    /// name `https:` URLs only.
    ///
    /// The size and the digests of the file are checked while it is read. What the manifest declares about the
    /// executable inside, and the signature, is passed on to the installer. A program that is older than the
    /// manifest's minimum fetches nothing, and neither does one whose
    /// [version](selfup_fetch::RunningExecutable::version) is unknown if there is a minimum.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fetch_http::Http;
    ///
    /// let source = Http::manifest("https://releases.example.com/app/manifest.json").bearer("token");
    /// # drop(source);
    /// ```
    #[cfg(feature = "manifest")]
    pub fn manifest(url: impl Into<String>) -> Self {
        Self { offers: Some(selfup_fetch::manifest::Offers::default()), ..Self::new(url) }
    }

    /// Sets how long to wait between two polls. By default the caller decides.
    ///
    /// With at most 10 s, the connection is kept open from one poll to the next.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sends a header with each request to the configured origin.
    ///
    /// `init` refuses the headers that the fetcher itself sets: `accept-encoding`, `range`, the conditional
    /// ones, and those of the framing.
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

    /// Sets the user agent. The default is `selfup-fetch-http/` and its version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Sets which validators count. The default is all of them.
    pub const fn validators(mut self, validators: Validators) -> Self {
        self.settings.validators = validators;
        self
    }

    /// Sets whether `http:` URLs are refused, in the configuration and in redirects. The default is `false`.
    ///
    /// Even with `false`, no redirect from `https:` to `http:` is followed.
    pub const fn https_only(mut self, only: bool) -> Self {
        self.settings.https_only = only;
        self
    }

    /// Sets whether credentials may be sent to an `http:` URL, where anyone on the path can read them. The
    /// default is `false`.
    ///
    /// With `false`, they are sent over `http:` to this machine itself (loopback) alone, and `init` refuses any
    /// other host. Credentials are those in the URL, and all configured headers except some that are known to
    /// be harmless (`accept` and the like). The query is not considered. The credentials of a proxy are always
    /// sent to the proxy.
    pub const fn allow_insecure_credentials(mut self, allow: bool) -> Self {
        self.settings.insecure_credentials = allow;
        self
    }

    /// Sets how many redirects are followed in a row. The default is 10, more than any honest chain needs.
    pub const fn max_redirects(mut self, most: u32) -> Self {
        self.settings.max_redirects = most;
        self
    }

    /// Trusts the certificates in this PEM text as roots, and no others.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.roots = Some(pem.into());
        self
    }

    /// Sets the client certificate for the configured origin (mutual TLS).
    ///
    /// Both are PEM text: the certificate, followed by the intermediate ones, if any, and its private key
    /// (PKCS#8, PKCS#1 or SEC 1, without a passphrase). Both may be the same text. Other servers, to which a
    /// redirect leads, do not get it.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.settings.identity = Some(Identity { chain: chain.into(), key: key.into() });
        self
    }

    /// Sets how many times the rest of a file may be requested when the connection breaks off. Zero turns that
    /// off.
    ///
    /// The default is 10: a transfer of an hour that breaks off every few minutes succeeds, and on a worse
    /// connection the next poll is soon enough. The crate's documentation describes
    /// [what can be resumed](crate#resuming).
    pub const fn resumptions(mut self, most: u32) -> Self {
        self.settings.resumptions = most;
        self
    }

    /// Sends all requests through this proxy (`http://user:password@host:port`), and ignores the variables of
    /// the environment.
    ///
    /// For `https:`, the proxy is asked for a tunnel to the host (`CONNECT`), and sees none of the content. For
    /// `http:`, it gets the request itself. The credentials go to the proxy alone, and are never printed. The
    /// proxy resolves the names of hosts.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = Some(url.into());
        self
    }

    /// Sets the hosts that are reached without the configured [`proxy`](Self::proxy), as the variable `NO_PROXY`
    /// does for proxies of the environment. The default is none.
    ///
    /// The list is separated by commas. Each entry is a name, which includes the names below it, an IP address,
    /// a network (`10.0.0.0/8`), or `*` for all. A name with a port (`host:8080`) applies to that port only.
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.settings.no_proxy = hosts.into();
        self
    }

    /// Sets whether the proxy variables of the environment are used. The default is `true`.
    ///
    /// These are `https_proxy` for `https:`, `http_proxy` for `http:`, `all_proxy` for schemes without a
    /// variable of their own, and `no_proxy`, each also in capitals. A proxy that cannot be used is an error,
    /// and never skipped. With [`proxy`](Self::proxy), the variables are ignored.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Sets how long resolving the name may take, and after that how long connecting may, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the whole head of a response may take after the request has been sent.
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.response = timeout;
        self
    }

    /// Sets after how long without a single byte, in any phase, the transfer counts as stalled.
    pub const fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.stall = timeout;
        self
    }

    /// Sets how long a request may take in total, including redirects and reading the body. It ends transfers
    /// that never stall, but are too slow to finish.
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
            .field("settled", &self.memory.settled())
            .finish_non_exhaustive()
    }
}
