//! Reads certificates and keys from PEM text.

use std::sync::Arc;

use rustls::{
    RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use selfup_fetch::parts::tls::NO_PROVIDER;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, parse_pem};

use crate::settings::Identity;

/// The certificates to trust as roots.
pub(crate) fn roots(pem: &[u8]) -> Result<RootCerts, String> {
    let roots = certificates(pem, "the roots to trust")?;
    let mut store = RootCertStore::empty();
    for root in &roots {
        store
            .add(CertificateDer::from(root.der()))
            .map_err(|error| format!("one of the roots to trust cannot be read ({error})"))?;
    }
    Ok(RootCerts::from(roots))
}

/// A certificate with its chain, and its private key.
pub(crate) fn identity(
    identity: &Identity,
    provider: Option<&Arc<CryptoProvider>>,
) -> Result<ClientCert, String> {
    let provider = provider.ok_or(NO_PROVIDER)?;
    let chain = certificates(&identity.chain, "the client certificate")?;
    let (Ok(key), Ok(der)) =
        (PrivateKey::from_pem(&identity.key), PrivateKeyDer::from_pem_slice(&identity.key))
    else {
        return Err("there is no private key in PEM for the client certificate; one with a \
                    passphrase has to be decrypted first"
            .to_owned());
    };
    belong_together(&chain, der, provider)
        .map_err(|error| format!("the client certificate cannot be used with its key ({error})"))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<Certificate<'static>>, String> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            // The cause may quote the text, which may hold a key.
            Err(_) => return Err(format!("the text of {what} is not sound PEM")),
        }
    }
    if certificates.is_empty() {
        return Err(format!("there is no certificate in the PEM text of {what}"));
    }
    Ok(certificates)
}

/// Makes the same checks as a connection would, where an error would come too late.
fn belong_together(
    chain: &[Certificate<'_>],
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<(), rustls::Error> {
    let chain = chain.iter().map(|part| CertificateDer::from(part.der()).into_owned()).collect();
    CertifiedKey::from_der(chain, key, provider).map(drop)
}
