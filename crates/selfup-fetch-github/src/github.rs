//! The fetcher of a repository's releases, and its settings as a program makes them.

use std::{fmt, time::Duration};

use selfup_fetch::parts::Memory;

use crate::{
    asset::Wanted,
    limit::Limit,
    listing::Listing,
    release::{Identity, Stamp},
    settings::{Prepared, Settings},
};

/// Fetches a new executable from the releases of a repository on GitHub.
///
/// Configure it with the methods below; [`init`](selfup_fetch::Fetch::init) reports errors of the configuration.
/// The deadlines, with the reason of each default:
///
/// | phase | default | |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 10 s | a lost SYN is repeated after 1, 3 and 7 s |
/// | [`response_timeout`](Self::response_timeout) | 30 s | GitHub gives up on its own after 10 s |
/// | [`stall_timeout`](Self::stall_timeout) | 30 s | longer pauses than any retransmission needs |
/// | [`total_timeout`](Self::total_timeout) | 1 h | 500 MB at 140 kB/s |
///
/// # Examples
///
/// ```
/// use selfup_fetch_github::GitHub;
///
/// let source = GitHub::new("example", "app").asset("app-{version}-{target}.gz").token_from_env();
/// # drop(source);
/// ```
#[must_use]
pub struct GitHub {
    pub(crate) settings: Settings,
    pub(crate) interval: Duration,
    /// The client, which `init` or the first `fetch` creates from the settings.
    pub(crate) prepared: Option<Prepared>,
    /// The last response of the API, with its tag.
    pub(crate) listing: Listing,
    /// The time before which the API asked for no request.
    pub(crate) limit: Limit,
    /// The results of earlier polls.
    pub(crate) memory: Memory<Identity, Stamp>,
}

/// Without a token, a host can make 60 requests an hour, together with all others behind its IP address.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

impl GitHub {
    /// Creates a fetcher of the repository `owner/repo` on github.com: of the latest release, and in it of the
    /// asset whose name is for this platform.
    pub fn new(owner: impl Into<String>, repo: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(owner.into(), repo.into()),
            interval: INTERVAL,
            prepared: None,
            listing: Listing::default(),
            limit: Limit::default(),
            memory: Memory::new(),
        }
    }

    /// Sets the tag of the release to fetch, which may be a pre-release.
    ///
    /// The executable is new again when the release or its asset is replaced.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.settings.tag = Some(tag.into());
        self
    }

    /// Sets whether the latest release may be a pre-release. The default is `false`.
    ///
    /// A release is a pre-release if it is marked as one, or by its version (`v2.0.0-rc.1`). Drafts are never
    /// taken.
    pub const fn pre_releases(mut self, take: bool) -> Self {
        self.settings.pre_releases = take;
        self
    }

    /// Sets the exact name of the asset. Placeholders are replaced: `{os}`, `{arch}` and `{target}` as in
    /// [`Template`](selfup_fetch::Template), `{tag}` by the release's tag, and `{version}` by the same without a
    /// leading `v`.
    pub fn asset(mut self, template: impl Into<String>) -> Self {
        self.settings.wanted = Wanted::Named(template.into());
        self
    }

    /// Sets a function that returns `true` for the name of the asset, and of no other.
    ///
    /// It is not called for files that cannot be an executable, such as checksums, signatures and packages of
    /// distributions.
    pub fn asset_matching(mut self, is_it: impl Fn(&str) -> bool + Send + 'static) -> Self {
        self.settings.wanted = Wanted::Matching(Box::new(is_it));
        self
    }

    /// Sets the file in an archive: a name, in any folder, or a path with a slash in it.
    ///
    /// By default it is the file with the name of this program's executable, otherwise the only executable
    /// ([`Member::of_program`](selfup_fetch::archive::Member::of_program)).
    pub fn member(mut self, member: impl Into<String>) -> Self {
        self.settings.member = Some(member.into());
        self
    }

    /// Sends a token to the API: a fine-grained or classic personal access token, or that of a
    /// GitHub App's installation. A private repository needs one with the permission
    /// `contents: read`; a public one needs none, but has a higher limit with it.
    ///
    /// It is sent to the API's origin (scheme, host and port) alone, and never printed. White space around it is
    /// ignored.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.settings.token = Some(token.into());
        self
    }

    /// Sends the token in the environment variable `GITHUB_TOKEN`, if there is one.
    ///
    /// The variable is read once, by `init` or the first poll. A token from [`token`](Self::token) takes
    /// precedence.
    pub const fn token_from_env(mut self) -> Self {
        self.settings.token_from_env = true;
        self
    }

    /// Sets the URL of the API, instead of `https://api.github.com`. A GitHub Enterprise Server has it at
    /// `https://HOST/api/v3`, a GHE.com subdomain at `https://api.SUBDOMAIN.ghe.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = url.into();
        self
    }

    /// Sets whether the token may be sent to a [base URL](Self::base_url) with `http:`, where anyone on the path
    /// can read it. The default is `false`: `init` refuses it, except for this machine itself (loopback).
    pub const fn allow_insecure_credentials(mut self, allow: bool) -> Self {
        self.settings.insecure_credentials = allow;
        self
    }

    /// Sets how long to wait between two polls.
    ///
    /// The default is 5 min, which uses 12 of the 60 requests that an IP address has in an hour without a
    /// token. With a token, polls that find nothing new do not count, and 30 s is reasonable.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Trusts the certificates in this PEM text as roots, and no others. They apply to the API and to the host to
    /// which it redirects downloads.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.roots = Some(pem.into());
        self
    }

    /// Sets a proxy (`http://user:password@host:port`), which is asked for a tunnel to the host. It is used for
    /// `https:` only; an API with an `http:` URL is reached directly.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = Some(url.into());
        self
    }

    /// Sets whether the proxy variables of the environment are used. The default is `true`, as for other programs
    /// on the machine.
    ///
    /// These are `https_proxy` and `all_proxy`, except for hosts in `no_proxy`, each also in capitals. They are
    /// read once, by `init` or the first poll. With [`proxy`](Self::proxy), they are ignored.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Sets the user agent. The default is `selfup-fetch-github/` and its version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Sets how long resolving the name and connecting may take in total, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the head of a response may take after the connection has been made.
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.response = timeout;
        self
    }

    /// Sets after how long without a single byte of a body the transfer counts as stalled.
    pub const fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.stall = timeout;
        self
    }

    /// Sets how long a request may take in total, including redirects, reading the body, and resuming it. It ends
    /// transfers that never stall, but are too slow to finish.
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.total = timeout;
        self
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHub")
            .field("settings", &self.settings)
            .field("interval", &self.interval)
            .field("settled", &self.memory.settled())
            .finish_non_exhaustive()
    }
}
