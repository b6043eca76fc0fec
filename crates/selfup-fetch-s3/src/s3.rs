//! The fetcher of one key, and its settings as a program makes them.

use std::{fmt, time::Duration};

use aws_credential_types::Credentials;
use selfup_fetch::parts::Memory;

use crate::{
    access::Access,
    object::Seen,
    session::Kept,
    settings::{Roots, Settings, Source},
};

/// Fetches a new executable from one key of a bucket, in S3 or on a server with the same interface.
///
/// Configure it with the methods below; [`init`](selfup_fetch::Fetch::init) reports errors of the configuration.
/// What is not set (region, credentials, endpoint) comes from the environment, the files in `~/.aws` and the
/// machine's role, as with every AWS tool. The deadlines, with the reason of each default:
///
/// | phase | default | |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 10 s | a lost SYN is repeated after 1, 3 and 7 s |
/// | [`response_timeout`](Self::response_timeout) | 30 s | slow servers and roles respond within it |
/// | [`stall_timeout`](Self::stall_timeout) | 30 s | longer pauses than any retransmission needs |
/// | [`total_timeout`](Self::total_timeout) | 1 h | 500 MB at 140 kB/s |
///
/// # Panics
///
/// `fetch`, and reading the artifact, wait for a private runtime, and so panic where tokio does not allow
/// blocking: in an `async` function. There, call them in `spawn_blocking`.
#[must_use]
pub struct S3 {
    pub(crate) settings: Settings,
    /// The client, which `init` or the first `fetch` creates from the settings.
    pub(crate) source: Option<Source>,
    /// The credentials and the region, which are kept from one poll to the next.
    pub(crate) kept: Kept,
    /// The results of earlier polls.
    pub(crate) memory: Memory<Seen>,
    /// The last offer, if the key is that of a manifest.
    #[cfg(feature = "manifest")]
    pub(crate) offers: Option<selfup_fetch::manifest::Offers<crate::manifest::Place>>,
}

impl S3 {
    /// Creates a fetcher of the object `key` in `bucket`. In both, `{os}`, `{arch}` and `{target}` are replaced
    /// ([`selfup_fetch::expand`]).
    ///
    /// The bucket may be the name of an access point.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(bucket.into(), key.into()),
            source: None,
            kept: Kept::default(),
            memory: Memory::new(),
            #[cfg(feature = "manifest")]
            offers: None,
        }
    }

    /// Creates a fetcher of the object that the manifest at `key` in `bucket` has for this platform. Both are as
    /// for [`new`](Self::new), and all other settings apply.
    ///
    /// The manifest is one small document for all platforms, which [`selfup_fetch::manifest`] parses. Polls
    /// fetch the manifest, and the object that it names when there is something new for this platform. Its
    /// URLs are relative: `app.gz` is an object beside the manifest, `/app.gz` one at the top of the bucket.
    ///
    /// The size and the digests of the object are checked while it is read. What the manifest declares about
    /// the executable inside, and the signature, is passed on to the installer. A program that is older than
    /// the manifest's minimum fetches nothing, and neither does one whose
    /// [version](selfup_fetch::RunningExecutable::version) is unknown if there is a minimum.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fetch_s3::S3;
    ///
    /// let source = S3::manifest("releases", "app/manifest.json").region("eu-west-1");
    /// # drop(source);
    /// ```
    #[cfg(feature = "manifest")]
    pub fn manifest(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { offers: Some(selfup_fetch::manifest::Offers::default()), ..Self::new(bucket, key) }
    }

    /// Creates a fetcher from a URL of the form `s3://bucket/key`.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fetch::{RunningExecutable, Fetch};
    /// use selfup_fetch_s3::S3;
    ///
    /// let current = RunningExecutable::new("/usr/bin/app", || "0123abcd".into());
    /// S3::from_url("s3://releases/{os}/{arch}/app.gz").init(&current)?;
    /// S3::from_url("releases/app.gz").init(&current).unwrap_err();
    /// # Ok::<(), selfup_fetch::Error>(())
    /// ```
    pub fn from_url(url: impl AsRef<str>) -> Self {
        let url = url.as_ref();
        let place = url.strip_prefix("s3://").and_then(|place| place.split_once('/'));
        // Without a bucket it is refused by `init`.
        let (bucket, key) = place.unwrap_or(("", url));
        Self::new(bucket, key)
    }

    /// Sets how long to wait between two polls. By default the caller decides.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.interval = Some(interval);
        self
    }

    /// Sets the region of the bucket.
    ///
    /// The default comes from the environment (`AWS_REGION`, the profile, the instance's metadata). Without
    /// any, and with an endpoint, it is `us-east-1`, because other servers than AWS's seldom use it.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.region = Some(region.into());
        self
    }

    /// Sets the server, as in `https://minio.example.com:9000`. The default is the one in the environment
    /// (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`) or the profile, otherwise AWS's for the region.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.settings.endpoint = Some(url.into());
        self
    }

    /// Sets whether the bucket is in the path of the URL (`https://host/bucket/key`), instead of the host
    /// (`https://bucket.host/key`).
    ///
    /// The default is `true` with an endpoint, because private servers seldom have a host name for each
    /// bucket, and `false` for AWS itself.
    pub const fn path_style(mut self, in_path: bool) -> Self {
        self.settings.path_style = Some(in_path);
        self
    }

    /// Sets whether signed requests may be sent to an [endpoint](Self::endpoint) with `http:`. The default is
    /// `false`, except for this machine itself (loopback).
    ///
    /// The secret key is never sent, but anyone on the path can read a session token and the object, and change
    /// the response. `init` refuses a configured endpoint, and each poll one of the environment or a profile.
    /// Requests of [`anonymous`](Self::anonymous) are sent.
    pub const fn allow_insecure_credentials(mut self, allow: bool) -> Self {
        self.settings.insecure_credentials = allow;
        self
    }

    /// Uses these keys instead of the SDK's chain. The token belongs to temporary keys. They are never printed.
    pub fn credentials(
        mut self,
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        let (id, secret) = (access_key_id.into(), secret_access_key.into());
        let keys = Credentials::new(id, secret, session_token, None, "selfup");
        self.settings.access = Access::Keys(keys);
        self
    }

    /// Sends unsigned requests, which public buckets accept.
    pub fn anonymous(mut self) -> Self {
        self.settings.access = Access::Anonymous;
        self
    }

    /// Uses this profile of `~/.aws/config` and `~/.aws/credentials`. The default is `AWS_PROFILE`, or the
    /// profile `default`.
    ///
    /// Of `profile`, [`credentials`](Self::credentials) and [`anonymous`](Self::anonymous), the last call
    /// counts.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.settings.access = Access::Chain { profile: Some(name.into()) };
        self
    }

    /// Trusts the certificates in this PEM text as roots, and no others. The default is Mozilla's roots, compiled
    /// in.
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.settings.roots = Some(Roots(pem.into()));
        self
    }

    /// Whether to follow the environment's proxy variables; the default is `true`.
    pub const fn proxy_from_env(mut self, follow: bool) -> Self {
        self.settings.proxy_from_env = follow;
        self
    }

    /// Sets how many times the rest of an object may be asked for when the line breaks in the
    /// middle; zero turns that off.
    ///
    /// The default is 10: a transfer of an hour that is cut every few minutes arrives, and where it
    /// is worse than that, the next poll is soon enough. See the crate's documentation for
    /// [what can be resumed](crate#resuming).
    pub const fn resumptions(mut self, most: u32) -> Self {
        self.settings.resumptions = most;
        self
    }

    /// Sets how long resolving the name and connecting may take together, TLS included.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.connect = timeout;
        self
    }

    /// Sets how long the head of a response may take once there is a connection, and how long it
    /// may take to come by credentials.
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.response = timeout;
        self
    }

    /// Sets how long no single byte of an object may arrive before the transfer counts as stalled.
    pub const fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.stall = timeout;
        self
    }

    /// Sets how long a poll may take altogether, with the reading of the object. It ends what
    /// trickles too fast to stall and too slowly to arrive.
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.settings.deadlines.total = timeout;
        self
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("settings", &self.settings)
            .field("settled", &self.memory.settled())
            .finish_non_exhaustive()
    }
}
