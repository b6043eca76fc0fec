//! The cryptography of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// What to say where there is none.
pub const NO_PROVIDER: &str = "nothing does the cryptography of https: in this program; turn on the feature \
     tls-ring or tls-aws-lc-rs of selfup, or install a default provider of rustls first";

/// The provider that the program has installed as its process's default, or else that of a feature of
/// this crate.
///
/// It is handed over wherever TLS is set up. Rustls is never left to find one by its own features, which
/// depend on all that the program is built of; and none is installed, which would be for the program to
/// say.
#[must_use]
pub fn provider() -> Option<Arc<CryptoProvider>> {
    CryptoProvider::get_default().cloned().or_else(built_in)
}

#[cfg(feature = "tls-aws-lc-rs")]
fn built_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc-rs")))]
fn built_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc-rs")))]
fn built_in() -> Option<Arc<CryptoProvider>> {
    None
}
