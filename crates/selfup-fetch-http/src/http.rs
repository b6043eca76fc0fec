//! The fetcher of one URL, and its settings as a program makes them.

use std::{fmt, time::Duration};

use selfup_fetch::parts::Memory;

use crate::{
    known_validators::KnownValidators,
    poll::Poll,
    settings::{Identity, Settings},
    validators::Validators,
};

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
/// And the rest:
///
/// | setting | default | |
/// |---|---|---|
/// | [`validators`](Self::validators) | all | the more is compared, the less is missed |
/// | [`https_only`](Self::https_only) | `false` | an `http:` address is somebody's decision |
/// | [`allow_insecure_credentials`](Self::allow_insecure_credentials) | `false` | whoever is on the way could read them |
/// | [`max_redirects`](Self::max_redirects) | 10 | more than any honest chain needs |
/// | [`resumptions`](Self::resumptions) | 10 | an hour that is cut every few minutes |
/// | [`trust`](Self::trust) | Mozilla's roots | the same everywhere, in an empty container too |
/// | [`client_certificate`](Self::client_certificate) | none | few servers ask |
/// | [`proxy_from_env`](Self::proxy_from_env) | `true` | as everything else on the machine does |
/// | [`interval`](Self::interval) | the caller's | how soon an upgrade must come, the program knows |
/// | [`user_agent`](Self::user_agent) | this crate and its version | so that servers can tell |
#[must_use]
pub struct Http {
    pub(crate) settings: Settings,
    pub(crate) interval: Option<Duration>,
    /// Made of the settings by `init` or the first `fetch`.
    pub(crate) poll: Option<Poll>,
    /// What came of earlier polls.
    pub(crate) memory: Memory<KnownValidators>,
    /// What was offered, if the address is that of a manifest.
    #[cfg(feature = "manifest")]
    pub(crate) offers: Option<selfup_fetch::manifest::Offers<crate::manifest::Place>>,
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
            memory: Memory::new(),
            #[cfg(feature = "manifest")]
            offers: None,
        }
    }

    /// Fetches what the manifest at `url` has for this platform; `url` is as for
    /// [`new`](Self::new), and all other settings hold as well.
    ///
    /// The manifest is one small document for all platforms, which
    /// [`selfup_fetch::manifest`] reads. It is what is polled; the file that it names is fetched
    /// when there is something new for this platform. Files of the configured origin are asked for
    /// with its credentials, those elsewhere without. From `https:`, it leads to `https:` only.
    ///
    /// The size and the digests of the file are checked while it is read; what is said of the
    /// executable inside, and the signature, is handed on to whoever installs. A program that is
    /// older than the manifest's minimum, or does not [know](selfup_fetch::RunningExecutable::version) its
    /// version where there is one, fetches nothing.
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

    /// Whether credentials may be sent to an `http:` address, where anybody on the way can read them;
    /// the default is `false`.
    ///
    /// Without it, an address of this machine itself (loopback) is the only one that is sent them, and
    /// `init` refuses any other. Credentials are those in the address, and all configured headers but
    /// some that are known to be none (`accept` and the like). What is in a query is not looked at. The
    /// credentials of a proxy are sent to the proxy as ever.
    pub const fn allow_insecure_credentials(mut self, allow: bool) -> Self {
        self.settings.insecure_credentials = allow;
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

    /// Shows this certificate to the configured origin if it asks for one (mutual TLS).
    ///
    /// Both are PEM text: the certificate, followed by those that lead to its root, if any, and its
    /// private key (PKCS#8, PKCS#1 or SEC 1, without a passphrase). They may be one and the same
    /// text. A server that a redirect leads to is shown nothing.
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.settings.identity = Some(Identity { chain: chain.into(), key: key.into() });
        self
    }

    /// Sets how many times the rest of a file may be asked for when the line breaks in the middle;
    /// zero turns that off.
    ///
    /// The default is 10: a transfer of an hour that is cut every few minutes arrives, and where it
    /// is worse than that, the next poll is soon enough. See the crate's documentation for
    /// [what can be resumed](crate#resuming).
    pub const fn resumptions(mut self, most: u32) -> Self {
        self.settings.resumptions = most;
        self
    }

    /// Sends everything through this proxy (`http://user:password@host:port`), and lets the
    /// environment's variables be.
    ///
    /// For `https:` it is asked for a tunnel to the host (`CONNECT`) and sees nothing of what goes
    /// through; for `http:` it is given the request. The credentials go to the proxy alone, and are
    /// shown nowhere. Names of hosts are resolved by the proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = Some(url.into());
        self
    }

    /// Lists hosts that the configured [`proxy`](Self::proxy) is not for, as the variable
    /// `NO_PROXY` does for those of the environment; the default is none.
    ///
    /// Separated by commas: a name, which stands for those below it too, an address, a network
    /// (`10.0.0.0/8`), or `*` for all; a name with a port (`host:8080`) for that port only.
    pub fn no_proxy(mut self, hosts: impl Into<String>) -> Self {
        self.settings.no_proxy = hosts.into();
        self
    }

    /// Whether to follow the environment's proxy variables; the default is `true`.
    ///
    /// Those are `https_proxy` for `https:`, `http_proxy` for `http:`, `all_proxy` for what has no
    /// variable of its own, and `no_proxy`; in capitals too. One that cannot be used is an error
    /// where it would have been, and never passed over. With [`proxy`](Self::proxy), none of them
    /// counts.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Sets how long resolving the name may take, and then how long connecting may, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the whole head of a response may take once the request is sent.
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
            .field("settled", &self.memory.settled())
            .finish_non_exhaustive()
    }
}
