//! Terminates TLS before the front.

use super::relay::Stream;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::net::TcpStream;
use std::sync::Arc;

/// A server's certificate and key.
#[derive(Clone, Debug)]
pub struct Identity(Arc<ServerConfig>);

impl Identity {
    /// The root certificate that has signed the [known](Self::known) identity.
    pub const ROOT: &[u8] = include_bytes!("tls/root.pem");

    /// An identity for the name `localhost` that clients accept if they trust the root.
    pub fn known() -> Self {
        Self::new(include_bytes!("tls/known.pem"), include_bytes!("tls/known.key"))
    }

    /// One that is signed by itself alone, for the name `localhost`.
    pub fn unknown() -> Self {
        Self::new(include_bytes!("tls/unknown.pem"), include_bytes!("tls/unknown.key"))
    }

    fn new(certificate: &[u8], key: &[u8]) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self(Arc::new(config))
    }

    pub(super) fn wrap(self, socket: TcpStream) -> Box<dyn Stream> {
        Box::new(StreamOwned::new(ServerConnection::new(self.0).unwrap(), socket))
    }
}
