//! TLS, with roots of our own and those of the world.

use std::{net::TcpStream, sync::Arc};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use selfup_fetch::ErrorKind;
use selfup_fetch_github::GitHub;

use crate::{
    api::Api,
    fetch, install,
    server::{Request, Server, Stream},
};

const ROOT: &[u8] = include_bytes!("tls/root.pem");

fn wrap() -> impl Fn(TcpStream) -> Box<dyn Stream> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    move |socket| Box::new(StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket))
}

/// A server of the name `localhost` that sends all who come to another place.
fn secure(target: String) -> (Server, String) {
    let server = Server::start_with(wrap(), move |request: &Request, reply| {
        let target = format!("{target}{}", request.path);
        reply.answer(302, &[("Location", &target)], b"")
    });
    let url = format!("https://localhost:{}", server.address.port());
    (server, url)
}

#[test]
fn only_trusted_servers_are_spoken_to() {
    let (server, url) = secure("http://127.0.0.1:1".to_owned());
    let error = fetch(&mut GitHub::new("example", "app").base_url(&url)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Untrusted, false), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(server.requests().is_empty());
    // The right root, and the wrong name.
    let other = format!("https://127.0.0.1:{}", server.address.port());
    let error = fetch(&mut GitHub::new("a", "b").base_url(other).trust(ROOT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
}

#[test]
fn https_is_never_left_for_http() {
    let api = Api::with("v1.0.0", b"app");
    let (server, url) = secure(api.url());
    let mut source = GitHub::new("example", "app").base_url(url).trust(ROOT).token("secret");
    let error = fetch(&mut source).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Protocol, false), "{error}");
    assert!(error.to_string().contains("unencrypted http:"), "{error}");
    assert_eq!(server.requests().len(), 1);
    assert!(api.asked().is_empty());
}

#[test]
fn http_may_be_left_for_https() {
    let list = r#"[{"id":1,"tag_name":"v1.0.0","assets":[{"id":2,"name":"app","size":3}]}]"#;
    let secure = Server::start_with(wrap(), move |request: &Request, reply| {
        let body = if request.path.ends_with("/2") { "app" } else { list };
        reply.answer(200, &[], body.as_bytes())
    });
    let target = format!("https://localhost:{}", secure.address.port());
    let open = Server::start(move |request, reply| {
        reply.answer(308, &[("Location", &format!("{target}{}", request.path))], b"")
    });
    let mut source = GitHub::new("example", "app").base_url(open.url()).trust(ROOT).asset("app");
    assert_eq!(install(&mut source).unwrap(), "app");
}
