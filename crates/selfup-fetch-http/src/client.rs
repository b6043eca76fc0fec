//! The HTTP client: checked settings, and the connections made from them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustls::crypto::CryptoProvider;
use selfup_fetch::{
    Error, ErrorKind, expand, is_loopback,
    parts::{
        Deadlines,
        tls::{NO_PROVIDER, provider},
    },
    redact,
};
use ureq::{
    Agent,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    tls::{ClientCert, RootCerts, TlsConfig},
    unversioned::resolver::DefaultResolver,
};

use crate::{
    coding::undone,
    forward::Connect,
    origin::Origin,
    pem,
    proxies::Proxies,
    settings::Settings,
    url::{Url, basic},
    validators::Validators,
};

/// Checked settings, and the connections made from them.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: Url,
    /// The configured origin.
    pub(crate) origin: Origin,
    /// The headers for the configured origin alone; no other origin receives them.
    pub(crate) headers: HeaderMap,
    pub(crate) validators: Validators,
    pub(crate) https_only: bool,
    /// Whether the process has a cryptography provider for TLS.
    pub(crate) knows_tls: bool,
    pub(crate) max_redirects: u32,
    pub(crate) resumptions: u32,
    pub(crate) deadlines: Deadlines,
    pub(crate) proxies: Arc<Proxies>,
    /// The agents for the configured origin and for all others. Others get no client certificate.
    home: Agent,
    abroad: Agent,
    /// Whether an earlier request may have left a connection open.
    used: Arc<AtomicBool>,
}

impl Client {
    /// Checks everything that can be checked without the network.
    pub(crate) fn new(settings: &Settings, interval: Option<Duration>) -> Result<Self, Error> {
        let refuse =
            |reason| Error::new(ErrorKind::Configuration, reason).at(redact(&settings.url));
        let (url, credentials) = Url::parse(&expand(&settings.url)?).map_err(refuse)?;
        if settings.https_only && !url.is_https() {
            return Err(refuse("only https: is allowed by https_only".to_owned()));
        }
        // Whether this build can decompress it.
        undone(Box::new(io::empty()), url.compression(), &redact(&settings.url))?;
        let headers = headers(settings, credentials.as_deref()).map_err(refuse)?;
        let is_exposed = !url.is_https() && !is_loopback(url.host());
        if is_exposed && !settings.insecure_credentials && has_credentials(&headers) {
            return Err(refuse(
                "credentials are not sent over http:, where anybody on the way can read them; use \
                 https:, or allow it by allow_insecure_credentials(true)"
                    .to_owned(),
            ));
        }
        let proxies = Proxies::of(settings).map_err(refuse)?;
        proxies.on_the_way_to(&url).map_err(refuse)?;
        let provider = provider();
        let knows_tls = provider.is_some();
        if url.is_https() && !knows_tls {
            return Err(refuse(NO_PROVIDER.to_owned()));
        }
        let (home, abroad) = agents(settings, interval, provider).map_err(refuse)?;
        Ok(Self {
            headers,
            origin: url.origin(),
            url,
            validators: settings.validators,
            https_only: settings.https_only,
            knows_tls,
            max_redirects: settings.max_redirects,
            resumptions: settings.resumptions,
            deadlines: settings.deadlines,
            proxies: Arc::new(proxies),
            home,
            abroad,
            used: Arc::default(),
        })
    }

    /// The same client for another URL, which may be of another origin.
    #[cfg(feature = "manifest")]
    pub(crate) fn at(&self, url: Url) -> Self {
        Self { url, ..self.clone() }
    }

    pub(crate) const fn agent(&self, at_home: bool) -> &Agent {
        if at_home { &self.home } else { &self.abroad }
    }

    pub(crate) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn note_use(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

fn headers(settings: &Settings, credentials: Option<&[u8]>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if let Some(credentials) = credentials {
        let value = secret(&basic(credentials)).map_err(|_| "its credentials cannot be sent")?;
        headers.insert(header::AUTHORIZATION, value);
    }
    for (name, value) in &settings.headers {
        let header = HeaderName::try_from(name.as_str())
            .map_err(|_| format!("{name:?} is no header name"))?;
        if OURS.contains(&header) {
            return Err(format!("the header {name:?} is the fetcher's to set"));
        }
        // The value may be a secret, so the error does not show it.
        let value = secret(value)
            .map_err(|_| format!("the value of the header {name:?} has characters it must not"))?;
        headers.insert(header, value);
    }
    Ok(headers)
}

/// Whether one of the headers may hold a secret. Any may, except the ones listed here.
fn has_credentials(headers: &HeaderMap) -> bool {
    const HARMLESS: [HeaderName; 8] = [
        header::ACCEPT,
        header::ACCEPT_CHARSET,
        header::ACCEPT_LANGUAGE,
        header::CACHE_CONTROL,
        header::FROM,
        header::PRAGMA,
        header::REFERER,
        header::USER_AGENT,
    ];
    headers.keys().any(|name| !HARMLESS.contains(name))
}

fn agents(
    settings: &Settings,
    interval: Option<Duration>,
    provider: Option<Arc<CryptoProvider>>,
) -> Result<(Agent, Agent), String> {
    if let Some(name) = settings.deadlines.zero() {
        return Err(format!("the {name} is zero, so nothing could be fetched"));
    }
    if HeaderValue::try_from(settings.user_agent.as_str()).is_err() {
        return Err("the user agent has characters that no header may have".to_owned());
    }
    let roots = settings.roots.as_deref().map(pem::roots).transpose()?;
    let roots = roots.unwrap_or(RootCerts::WebPki);
    let identity = settings.identity.as_ref();
    let identity =
        identity.map(|identity| pem::identity(identity, provider.as_ref())).transpose()?;
    let reused = interval.is_none_or(|interval| interval <= KEPT_OPEN);
    let agent = |identity: Option<ClientCert>| {
        let tls = TlsConfig::builder().root_certs(roots.clone()).client_cert(identity);
        let tls = match &provider {
            Some(provider) => tls.unversioned_rustls_crypto_provider(Arc::clone(provider)).build(),
            // No connection that needs a provider is made.
            None => tls.build(),
        };
        let config = Agent::config_builder()
            .tls_config(tls)
            // Each request chooses its own proxy.
            .proxy(None)
            .http_status_as_error(false)
            // The exchange follows redirects: it knows which headers may go where.
            .max_redirects(0)
            .user_agent(settings.user_agent.as_str())
            .accept_encoding("identity")
            .timeout_resolve(Some(settings.deadlines.connect))
            .timeout_connect(Some(settings.deadlines.connect))
            .timeout_send_request(Some(settings.deadlines.response))
            .timeout_recv_response(Some(settings.deadlines.response))
            .timeout_per_read(Some(settings.deadlines.stall))
            .timeout_per_write(Some(settings.deadlines.stall))
            .max_response_header_size(HEAD)
            .input_buffer_size(HEAD)
            .output_buffer_size(HEAD)
            .max_idle_connections(usize::from(reused))
            .max_idle_connections_per_host(usize::from(reused))
            .build();
        Agent::with_parts(config, Connect::default(), DefaultResolver::default())
    };
    let abroad = agent(None);
    let home = if identity.is_some() { agent(identity) } else { abroad.clone() };
    Ok((home, abroad))
}

/// Connections idle for longer are closed: servers close them after some seconds anyway, and an
/// open one costs both sides memory.
const KEPT_OPEN: Duration = Duration::from_secs(10);

/// The largest head of a request or a response, and so the size of the buffers.
const HEAD: usize = 32 << 10;

/// Headers that decide what the response holds, or that are meant for a proxy. A setting that
/// changed one of them would break polling.
const OURS: [HeaderName; 13] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::PROXY_AUTHORIZATION,
    header::RANGE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

fn secret(value: &str) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(value)?;
    value.set_sensitive(true);
    Ok(value)
}
