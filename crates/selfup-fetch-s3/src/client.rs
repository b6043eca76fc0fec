//! Creates the client of the SDK, with the chosen cryptography and roots.

use aws_sdk_s3::config::SharedHttpClient;
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc-rs"))]
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{
    Builder, Connector, ConnectorBuilder,
    proxy::ProxyConfig,
    tls::{TlsContext, TrustStore},
};
use selfup_fetch::{Error, ErrorKind};

use crate::{
    roots::MOZILLA,
    settings::{Roots, Settings},
};

/// Creates the client of the SDK with the trusted roots.
pub(crate) fn http_client(settings: &Settings) -> Result<SharedHttpClient, Error> {
    let pem = match &settings.roots {
        Some(Roots(pem)) => pem.as_slice(),
        None => MOZILLA.as_bytes(),
    };
    let trusted = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(trusted).build().map_err(|error| {
        Error::new(ErrorKind::Configuration, "the roots cannot be used").with_source(error)
    })?;
    let proxy =
        if settings.proxy_from_env { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
    Ok(Builder::new().build_with_connector_fn(move |connection, parts| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(connection.cloned());
        builder.set_sleep_impl(parts.and_then(|parts| parts.sleep_impl()));
        connector(builder, &context)
    }))
}

#[cfg(feature = "tls-aws-lc-rs")]
fn connector(builder: ConnectorBuilder, context: &TlsContext) -> Connector {
    let provider = Provider::Rustls(CryptoMode::AwsLc);
    builder.tls_provider(provider).tls_context(context.clone()).build()
}

#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc-rs")))]
fn connector(builder: ConnectorBuilder, context: &TlsContext) -> Connector {
    let provider = Provider::Rustls(CryptoMode::Ring);
    builder.tls_provider(provider).tls_context(context.clone()).build()
}

/// Requests over `https:` never reach this client.
#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc-rs")))]
fn connector(builder: ConnectorBuilder, _: &TlsContext) -> Connector {
    builder.build_http()
}
