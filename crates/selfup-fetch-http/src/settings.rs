//! Settings as they were given, unchecked.

use std::fmt;

use selfup_fetch::{parts::Deadlines, redact};

use crate::validators::Validators;

/// The settings as they were given; nothing is checked before
/// [`Client::new`](crate::client::Client::new).
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) user_agent: String,
    pub(crate) validators: Validators,
    pub(crate) https_only: bool,
    pub(crate) insecure_credentials: bool,
    pub(crate) max_redirects: u32,
    pub(crate) resumptions: u32,
    /// PEM text of certificates.
    pub(crate) roots: Option<Vec<u8>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: String,
    pub(crate) proxy_from_env: bool,
    pub(crate) deadlines: Deadlines,
}

/// Who we are to a server that asks, as PEM text.
pub(crate) struct Identity {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Settings {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            user_agent: concat!("selfup-fetch-http/", env!("CARGO_PKG_VERSION")).to_owned(),
            validators: Validators::all(),
            https_only: false,
            insecure_credentials: false,
            max_redirects: 10,
            resumptions: 10,
            roots: None,
            identity: None,
            proxy: None,
            no_proxy: String::new(),
            proxy_from_env: true,
            deadlines: Deadlines::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Settings")
            .field("url", &redact(&self.url))
            .field("headers", &headers)
            .field("user_agent", &self.user_agent)
            .field("validators", &self.validators)
            .field("https_only", &self.https_only)
            .field("insecure_credentials", &self.insecure_credentials)
            .field("max_redirects", &self.max_redirects)
            .field("resumptions", &self.resumptions)
            .field("own_roots", &self.roots.is_some())
            .field("client_certificate", &self.identity.is_some())
            .field("proxy", &self.proxy.as_deref().map(redact))
            .field("no_proxy", &self.no_proxy)
            .field("proxy_from_env", &self.proxy_from_env)
            .field("deadlines", &self.deadlines)
            .finish()
    }
}
