//! Chooses the cryptography of TLS.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The message if there is no cryptography.
pub const NO_PROVIDER: &str = "nothing does the cryptography of https: in this program; turn on the feature \
     tls-ring or tls-aws-lc-rs of selfup, or install a default provider of rustls first";

/// Returns the provider that the program has installed as the default of its process, or else the one of
/// a feature of this crate.
///
/// Pass it wherever TLS is set up. Rustls must not choose one by its own features, because they depend on
/// all crates of the program. This function does not install a provider: that is up to the program.
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
