//! Sets up TLS: cryptography and trusted roots.

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use selfup_fetch::{
    Error, ErrorKind,
    parts::tls::{NO_PROVIDER, provider},
};

/// Sets up TLS with the available cryptography, and either the given roots or those of Mozilla.
pub(crate) fn config(pem: Option<&[u8]>) -> Result<ClientConfig, Error> {
    let roots = match pem {
        Some(pem) => own(pem)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let provider = provider().ok_or_else(|| Error::new(ErrorKind::Configuration, NO_PROVIDER))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            Error::new(ErrorKind::Configuration, "tls cannot be set up").with_source(error)
        })?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn own(pem: &[u8]) -> Result<RootCertStore, Error> {
    let refuse = |reason: &str| Error::new(ErrorKind::Configuration, reason);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| {
            refuse("the roots to trust are no PEM text").with_source(error.to_string())
        })?;
        roots.add(certificate).map_err(|error| {
            refuse("a certificate among the roots to trust cannot be a root").with_source(error)
        })?;
    }
    if roots.is_empty() {
        return Err(refuse("there is no certificate among the roots to trust"));
    }
    Ok(roots)
}
