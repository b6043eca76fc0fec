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
/// Set it up with the methods below; what is wrong with the settings is reported by
/// [`init`](selfup_fetch::Fetch::init). The deadlines, and why they are what they are:
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
    /// Made of the settings by `init` or the first `fetch`.
    pub(crate) prepared: Option<Prepared>,
    /// What the API said last, and by which tag.
    pub(crate) listing: Listing,
    /// Until when the API wants to be left alone.
    pub(crate) limit: Limit,
    /// What came of earlier polls.
    pub(crate) memory: Memory<Identity, Stamp>,
}

/// A host may make 60 requests an hour without a token, and shares them with all behind its
/// address.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

impl GitHub {
    /// Fetches from the repository `owner/repo` on github.com: the latest release, and of it the
    /// asset whose name says that it is for this platform.
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

    /// Fetches the release of this tag, whatever else is published, pre-releases included.
    ///
    /// The executable is new again when the release or its asset is replaced.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.settings.tag = Some(tag.into());
        self
    }

    /// Whether the latest release may be a pre-release; the default is `false`.
    ///
    /// A pre-release is what is marked as one, and a version that says so itself (`v2.0.0-rc.1`).
    /// Drafts are never taken.
    pub const fn pre_releases(mut self, take: bool) -> Self {
        self.settings.pre_releases = take;
        self
    }

    /// Takes the asset of exactly this name, in which places are filled in: `{os}`, `{arch}` and
    /// `{target}` as in [`Template`](selfup_fetch::Template), `{tag}` is the release's tag and
    /// `{version}` the same without a leading `v`.
    pub fn asset(mut self, template: impl Into<String>) -> Self {
        self.settings.wanted = Wanted::Named(template.into());
        self
    }

    /// Takes the asset for whose name `is_it` says yes. It must be one alone.
    ///
    /// It is not asked about what can be no executable, such as checksums, signatures and
    /// packages of distributions.
    pub fn asset_matching(mut self, is_it: impl Fn(&str) -> bool + Send + 'static) -> Self {
        self.settings.wanted = Wanted::Matching(Box::new(is_it));
        self
    }

    /// Takes this file of an archive: a name, in whatever folder, or a path with a slash in it.
    ///
    /// By default it is the file that is called as this program's executable is; else the only
    /// executable ([`Member::of_program`](selfup_fetch::archive::Member::of_program)).
    pub fn member(mut self, member: impl Into<String>) -> Self {
        self.settings.member = Some(member.into());
        self
    }

    /// Sends a token to the API: a fine-grained or classic personal access token, or that of a
    /// GitHub App's installation. A private repository needs one with the permission
    /// `contents: read`; a public one needs none, but has a higher limit with it.
    ///
    /// It goes to the API's origin (scheme, host and port) only, and is shown nowhere. White
    /// space around it is ignored.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.settings.token = Some(token.into());
        self
    }

    /// Sends the token in the environment variable `GITHUB_TOKEN`, where there is one.
    ///
    /// The variable is looked at once, by `init` or the first poll. A token that was set by
    /// [`token`](Self::token) goes before it.
    pub const fn token_from_env(mut self) -> Self {
        self.settings.token_from_env = true;
        self
    }

    /// Asks another API than `https://api.github.com`: that of a GitHub Enterprise Server is at
    /// `https://HOST/api/v3`, that of a GHE.com subdomain at `https://api.SUBDOMAIN.ghe.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = url.into();
        self
    }

    /// Whether the token may be sent to a [base URL](Self::base_url) in `http:`, where whoever is on the
    /// way can read it; the default is `false`, and `init` refuses it, but for this machine itself
    /// (loopback).
    pub const fn allow_insecure_credentials(mut self, allow: bool) -> Self {
        self.settings.insecure_credentials = allow;
        self
    }

    /// Sets how long to wait between two polls.
    ///
    /// The default is 5 min, which takes 12 of the 60 requests that an address has in an hour
    /// without a token. With a token, polls that find nothing new count for nothing and 30 s are
    /// fair.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Trusts the certificates in this PEM text as roots, and no others. They count for the API
    /// and for the host that it redirects downloads to.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.roots = Some(pem.into());
        self
    }

    /// Makes connections through this proxy (`http://user:password@host:port`), which is asked to
    /// open a tunnel to the host. That is for `https:` only; an API at an `http:` address is reached
    /// directly.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = Some(url.into());
        self
    }

    /// Whether to follow the environment's proxy variables, as [`proxy`](Self::proxy) would; the
    /// default is `true`, as everything else on the machine does.
    ///
    /// Those are `https_proxy` and `all_proxy`, but for what `no_proxy` lists; in capitals too. They
    /// are looked at once, by `init` or the first poll. With [`proxy`](Self::proxy), none of them
    /// counts.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Names this client; the default is `selfup-fetch-github/` and its version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Sets how long resolving the name and connecting may take together, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the head of a response may take once there is a connection.
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.response = timeout;
        self
    }

    /// Sets how long no single byte of a body may arrive before the transfer counts as stalled.
    pub const fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.stall = timeout;
        self
    }

    /// Sets how long a request may take altogether, with its redirects, the reading of its body
    /// and what is resumed of it. It ends what trickles too fast to stall and too slowly to arrive.
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
