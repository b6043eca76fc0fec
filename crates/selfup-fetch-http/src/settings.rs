use std::{cell::Cell, fmt, time::Duration};

use selfup_fetch::{Error, ErrorKind, expand, redact};
use ureq::{
    Agent, Proxy,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use crate::{
    Validators,
    deadlines::Deadlines,
    url::{Url, basic},
};

/// The settings as they were given; nothing is checked before [`Settings::prepare`].
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) user_agent: String,
    pub(crate) validators: Validators,
    pub(crate) https_only: bool,
    pub(crate) max_redirects: u32,
    pub(crate) roots: Option<Vec<u8>>,
    pub(crate) proxy_from_env: bool,
    pub(crate) deadlines: Deadlines,
}

/// Settings that were found to be sound.
pub(crate) struct Prepared {
    pub(crate) agent: Agent,
    pub(crate) url: Url,
    /// What is sent to the configured origin, and nowhere else.
    pub(crate) headers: HeaderMap,
    /// Whether a connection may have been kept open by an earlier request.
    used: Cell<bool>,
}

impl Prepared {
    pub(crate) const fn was_used(&self) -> bool {
        self.used.get()
    }

    pub(crate) fn note_use(&self) {
        self.used.set(true);
    }
}

impl Settings {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
            user_agent: concat!("selfup-fetch-http/", env!("CARGO_PKG_VERSION")).to_owned(),
            validators: Validators::all(),
            https_only: false,
            max_redirects: 10,
            roots: None,
            proxy_from_env: true,
            deadlines: Deadlines::default(),
        }
    }

    /// Checks everything that can be checked without the network.
    pub(crate) fn prepare(&self, interval: Option<Duration>) -> Result<Prepared, Error> {
        let (url, credentials) = self.address()?;
        Ok(Prepared {
            agent: self.agent(interval)?,
            url,
            headers: self.sent(credentials)?,
            used: Cell::new(false),
        })
    }

    fn address(&self) -> Result<(Url, Option<HeaderValue>), Error> {
        let (url, credentials) =
            Url::parse(&expand(&self.url)?).map_err(|reason| self.refuse(reason))?;
        if self.https_only && !url.is_https() {
            return Err(self.refuse("only https: is allowed by https_only"));
        }
        let credentials = credentials.map(|text| secret(&basic(&text))).transpose();
        Ok((url, credentials.map_err(|_| self.refuse("its credentials cannot be sent"))?))
    }

    fn sent(&self, credentials: Option<HeaderValue>) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        if let Some(credentials) = credentials {
            headers.insert(header::AUTHORIZATION, credentials);
        }
        for (name, value) in &self.headers {
            let header = HeaderName::try_from(name.as_str())
                .map_err(|_| self.refuse(format!("{name:?} is no header name")))?;
            if OURS.contains(&header) {
                return Err(self.refuse(format!("the header {name:?} is the fetcher's to set")));
            }
            // The value may be a secret: it is not shown.
            let value = secret(value).map_err(|_| {
                self.refuse(format!("the value of the header {name:?} has characters it must not"))
            })?;
            headers.insert(header, value);
        }
        Ok(headers)
    }

    fn agent(&self, interval: Option<Duration>) -> Result<Agent, Error> {
        if let Some(name) = self.deadlines.zero() {
            return Err(self.refuse(format!("the {name} is zero, so nothing could be fetched")));
        }
        if HeaderValue::try_from(self.user_agent.as_str()).is_err() {
            return Err(self.refuse("the user agent has characters that no header may have"));
        }
        let reused = interval.is_none_or(|interval| interval <= KEPT_OPEN);
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(self.trusted()?).build())
            .proxy(if self.proxy_from_env { Proxy::try_from_env() } else { None })
            .http_status_as_error(false)
            // Redirects are followed by the exchange, which knows what may be sent where.
            .max_redirects(0)
            .user_agent(self.user_agent.as_str())
            .accept_encoding("identity")
            .timeout_resolve(Some(self.deadlines.connect))
            .timeout_connect(Some(self.deadlines.connect))
            .timeout_send_request(Some(self.deadlines.response))
            .timeout_recv_response(Some(self.deadlines.response))
            .timeout_per_read(Some(self.deadlines.stall))
            .timeout_per_write(Some(self.deadlines.stall))
            .max_response_header_size(HEAD)
            .input_buffer_size(HEAD)
            .output_buffer_size(HEAD)
            .max_idle_connections(usize::from(reused))
            .max_idle_connections_per_host(usize::from(reused))
            .build();
        Ok(Agent::new_with_config(config))
    }

    fn trusted(&self) -> Result<RootCerts, Error> {
        let Some(pem) = &self.roots else { return Ok(RootCerts::WebPki) };
        let mut roots = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
                Ok(_) => {}
                Err(error) => {
                    return Err(self
                        .refuse("the roots to trust are no PEM text")
                        .with_source(error));
                }
            }
        }
        if roots.is_empty() {
            return Err(self.refuse("there is no certificate among the roots to trust"));
        }
        Ok(RootCerts::from(roots))
    }

    fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::new(ErrorKind::Configuration, reason).at(redact(&self.url))
    }
}

/// Longer polls let go of the connection: servers close idle ones after some seconds anyway, and
/// an open one costs both sides memory.
const KEPT_OPEN: Duration = Duration::from_secs(10);

/// The largest head of a request or an answer, and so the size of the buffers.
const HEAD: usize = 32 << 10;

/// Headers that decide what comes back; a setting that changed one would break the polling.
const OURS: [HeaderName; 12] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

fn secret(value: &str) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(value)?;
    value.set_sensitive(true);
    Ok(value)
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
            .field("max_redirects", &self.max_redirects)
            .field("own_roots", &self.roots.is_some())
            .field("proxy_from_env", &self.proxy_from_env)
            .field("deadlines", &self.deadlines)
            .finish()
    }
}
