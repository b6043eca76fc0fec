//! The certificates that TLS trusts.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The roots of Mozilla, as the text that the client of the SDK accepts.
pub(crate) static MOZILLA: LazyLock<String> = LazyLock::new(|| {
    TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| {
            let text = STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        })
        .collect()
});

/// Checks that this PEM text has roots: without any, the client of the SDK would panic later.
pub(crate) fn check(pem: &[u8]) -> Result<(), &'static str> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| "the roots to trust are no PEM text")?;
        roots.add(certificate).map_err(|_| "a root to trust is no sound certificate")?;
    }
    if roots.is_empty() {
        return Err("there is no certificate among the roots to trust");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mozillas_are_sound() {
        check(MOZILLA.as_bytes()).unwrap();
    }
}
