//! Makes connections: deadline, proxy, TLS.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::{
    legacy::connect::{HttpConnector, proxy::Tunnel},
    proxy::matcher::{Intercept, Matcher},
};
use rustls::ClientConfig;
use selfup_fetch::redact;
use tokio::time::timeout;
use tower::{BoxError, ServiceExt};

/// Makes connections within a deadline, and through a proxy if one is set.
#[derive(Clone)]
pub(crate) struct Connect {
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) proxies: Arc<Matcher>,
    pub(crate) deadline: Duration,
}

/// A connection, with or without TLS.
type Connected = <HttpsConnector<HttpConnector> as tower::Service<Uri>>::Response;

impl Connect {
    pub(crate) async fn to(self, uri: Uri) -> Result<Connected, BoxError> {
        let deadline = self.deadline;
        match timeout(deadline, self.by_any_way(uri)).await {
            Ok(connected) => connected,
            Err(_) => Err(NoConnection.into()),
        }
    }

    async fn by_any_way(self, uri: Uri) -> Result<Connected, BoxError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Only TLS goes through the proxy: a tunnel is all that this client requests from it.
        let proxy = self.proxies.intercept(&uri).filter(|_| uri.scheme_str() == Some("https"));
        let Some(proxy) = proxy else {
            return HttpsConnector::from((tcp, self.tls)).oneshot(uri).await;
        };
        let refused = NoProxy::of(&proxy);
        if proxy.uri().scheme_str() != Some("http") {
            return Err(refused("it is no http: proxy".into()).into());
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
        let tunnel = match proxy.basic_auth() {
            Some(credentials) => tunnel.with_auth(credentials.clone()),
            None => tunnel,
        };
        let tunnel = tunnel.map_err(move |error| refused(error.into()));
        HttpsConnector::from((tunnel, self.tls)).oneshot(uri).await
    }
}

/// The error for a connection that was not made within its deadline.
#[derive(Debug)]
pub(crate) struct NoConnection;

/// The error of a proxy that refuses to connect.
#[derive(Debug)]
pub(crate) struct NoProxy {
    /// The proxy without its secrets.
    address: String,
    reason: BoxError,
}

impl NoProxy {
    fn of(proxy: &Intercept) -> impl Fn(BoxError) -> Self + Clone + use<> {
        let address = redact(&proxy.uri().to_string());
        move |reason| Self { address: address.clone(), reason }
    }
}

impl fmt::Display for NoConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection in time")
    }
}

impl StdError for NoConnection {}

impl fmt::Display for NoProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} lets nothing through", self.address)
    }
}

impl StdError for NoProxy {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.reason)
    }
}
