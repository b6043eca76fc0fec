//! The settings of the program, and their check.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;
use selfup_fetch::{Error, ErrorKind, Platform, is_loopback, parts::Deadlines};
use url::Url;

use crate::{asset::Wanted, token, trust};

/// The settings of the program; [`Settings::prepare`] checks them.
pub(crate) struct Settings {
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) tag: Option<String>,
    pub(crate) pre_releases: bool,
    pub(crate) wanted: Wanted,
    /// The name of the executable in an archive.
    pub(crate) member: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) token_from_env: bool,
    pub(crate) base_url: String,
    pub(crate) insecure_credentials: bool,
    pub(crate) roots: Option<Vec<u8>>,
    pub(crate) proxy: Option<String>,
    pub(crate) proxy_from_env: bool,
    pub(crate) user_agent: String,
    pub(crate) deadlines: Deadlines,
}

/// Checked settings.
pub(crate) struct Prepared {
    /// The base URL of the API, without a slash at the end.
    pub(crate) base: Url,
    pub(crate) token: Option<HeaderValue>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) proxies: Arc<Matcher>,
    pub(crate) deadlines: Deadlines,
    pub(crate) platform: Platform,
}

const GITHUB: &str = "https://api.github.com";

impl Settings {
    pub(crate) fn new(owner: String, repo: String) -> Self {
        Self {
            owner,
            repo,
            tag: None,
            pre_releases: false,
            wanted: Wanted::ForPlatform,
            member: None,
            token: None,
            token_from_env: false,
            base_url: GITHUB.to_owned(),
            insecure_credentials: false,
            roots: None,
            proxy: None,
            proxy_from_env: true,
            user_agent: concat!("selfup-fetch-github/", env!("CARGO_PKG_VERSION")).to_owned(),
            deadlines: Deadlines::default(),
        }
    }

    /// Checks everything that can be checked without the network.
    pub(crate) fn prepare(&self) -> Result<Prepared, Error> {
        self.names()?;
        let base = self.base()?;
        if let Some(name) = self.deadlines.zero() {
            return Err(self.refuse(format!("the {name} is zero, so nothing could be fetched")));
        }
        let user_agent = HeaderValue::try_from(self.user_agent.as_str())
            .map_err(|_| self.refuse("the user agent has characters that no header may have"))?;
        self.wanted.check().map_err(|error| error.at(self.place()))?;
        let token = token::header(self.token.as_deref(), self.token_from_env)
            .map_err(|reason| self.refuse(reason))?;
        let is_exposed = base.scheme() == "http" && !base.host_str().is_some_and(is_loopback);
        if token.is_some() && is_exposed && !self.insecure_credentials {
            return Err(self.refuse(
                "a token is not sent over http:, where anybody on the way can read it; use https: \
                 in the base url, or allow it by allow_insecure_credentials(true)",
            ));
        }
        let tls = trust::config(self.roots.as_deref()).map_err(|error| error.at(self.place()))?;
        Ok(Prepared {
            base,
            token,
            user_agent,
            tls: Arc::new(tls),
            proxies: Arc::new(self.proxies()?),
            deadlines: self.deadlines,
            platform: Platform::current(),
        })
    }

    /// The repository, with its host if that is not github.com.
    pub(crate) fn place(&self) -> String {
        let repository = format!("{}/{}", self.owner, self.repo);
        match Url::parse(&self.base_url) {
            _ if self.base_url == GITHUB => format!("{repository} from github"),
            Ok(url) => format!("{repository} from {}", url.host_str().unwrap_or("nowhere")),
            Err(_) => repository,
        }
    }

    /// Whether the API is that of github.com.
    pub(crate) fn is_github(&self) -> bool {
        self.base_url == GITHUB
    }

    fn names(&self) -> Result<(), Error> {
        let is_name = |name: &str| {
            !matches!(name, "" | "." | "..")
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        for (what, name) in [("owner", &self.owner), ("repository", &self.repo)] {
            if !is_name(name) {
                return Err(self.refuse(format!(
                    "{name:?} is no name of {}; give owner and repository one by one, as in \
                     https://github.com/OWNER/REPOSITORY",
                    if what == "owner" { "an owner" } else { "a repository" },
                )));
            }
        }
        if self.member.as_deref().is_some_and(|member| member.is_empty() || member.ends_with('/')) {
            return Err(self.refuse("the member is no file; leave it out for the only executable"));
        }
        if self.tag.as_deref().is_some_and(str::is_empty) {
            return Err(self.refuse("the tag is empty; leave it out for the latest release"));
        }
        Ok(())
    }

    fn base(&self) -> Result<Url, Error> {
        let mut base = Url::parse(&self.base_url)
            .map_err(|error| self.refuse(format!("the base url cannot be used ({error})")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(self.refuse("the base url must begin with https:"));
        }
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
            return Err(self.refuse(
                "the base url must have neither credentials nor a query; the token is set by \
                 token()",
            ));
        }
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(base)
    }

    fn proxies(&self) -> Result<Matcher, Error> {
        match &self.proxy {
            Some(proxy) if Url::parse(proxy).is_ok_and(|url| url.scheme() == "http") => {
                Ok(Matcher::builder().all(proxy.as_str()).build())
            }
            // It may hold a password.
            Some(_) => Err(self.refuse("the proxy must be of the form http://HOST:PORT")),
            None if self.proxy_from_env => Ok(Matcher::from_env()),
            None => Ok(Matcher::builder().build()),
        }
    }

    fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::new(ErrorKind::Configuration, reason).at(self.place())
    }
}

impl Prepared {
    /// The URL of a path of the API, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("owner", &self.owner)
            .field("repo", &self.repo)
            .field("tag", &self.tag)
            .field("pre_releases", &self.pre_releases)
            .field("wanted", &self.wanted)
            .field("member", &self.member)
            .field("has_token", &self.token.is_some())
            .field("token_from_env", &self.token_from_env)
            .field("base_url", &selfup_fetch::redact(&self.base_url))
            .field("user_agent", &self.user_agent)
            .field("proxy", &self.proxy.as_deref().map(selfup_fetch::redact))
            .field("proxy_from_env", &self.proxy_from_env)
            .field("own_roots", &self.roots.is_some())
            .field("deadlines", &self.deadlines)
            .finish()
    }
}
