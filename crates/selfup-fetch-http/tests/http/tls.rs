//! Tests TLS: which servers are trusted, and that no redirect leads from `https:` to `http:`.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    sync::Arc,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use selfup_fetch::{ErrorKind, Fetch, Outcome};
use selfup_fetch_http::Http;

use crate::{
    fetch, http, poll,
    server::{Reply, Request, Server, Then},
};

const ROOT: &[u8] = include_bytes!("tls/root.pem");

pub(crate) fn secure(
    handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static,
) -> Server {
    asking(Arc::new(NoClientAuth), handle)
}

/// A server that serves only those whose certificate is of the root.
fn mutual(handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static) -> Server {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ROOT).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    asking(verifier.build().unwrap(), handle)
}

fn asking(
    verifier: Arc<dyn ClientCertVerifier>,
    handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static,
) -> Server {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let wrap = move |socket: TcpStream| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        Box::new(StreamOwned::new(connection, socket)) as _
    };
    Server::start_with(wrap, handle)
}

pub(crate) fn url(server: &Server, path: &str) -> String {
    format!("https://localhost:{}{path}", server.address.port())
}

fn trusting(url: impl Into<String>) -> Http {
    trust(http(url))
}

pub(crate) fn trust(source: Http) -> Http {
    source.trust(ROOT)
}

#[test]
fn a_trusted_server_serves() {
    let server = secure(|request, reply| reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"));
    let mut source = trusting(url(&server, "/app")).https_only(true);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    source.report(Outcome::Installed);
    assert_eq!(fetch(&mut source).unwrap(), None);
    assert_eq!(server.methods(), ["GET", "HEAD"]);
}

#[test]
fn a_cut_is_noticed() {
    let server = secure(|_, reply| {
        reply.head(200, &[], Some(1000));
        reply.send(b"half");
        Then::Close
    });
    let error = fetch(&mut trusting(url(&server, "/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
}

#[test]
fn a_stranger_is_not_trusted() {
    let server = secure(|request, reply| reply.answer(request, 200, &[], b"one"));
    let by_address = format!("https://{}/app", server.address);
    for (name, source) in
        [("an unknown root", http(url(&server, "/app"))), ("another name", trusting(by_address))]
    {
        let mut source = source;
        let error = poll(&mut source).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{name}: {error}");
        assert!(!error.is_transient());
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert!(server.requests().is_empty(), "nothing was asked of a stranger");
}

#[test]
fn a_server_without_tls_is_reported() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    let responding = std::thread::spawn(move || {
        let (mut socket, _) = plain.accept().unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
        socket
    });
    let error = poll(&mut http(format!("https://{address}/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("does not speak tls"), "{error}");
    drop(responding.join());
}

#[test]
fn it_is_not_left_for_http() {
    let plain = Server::start(|request, reply| reply.answer(request, 200, &[], b"one"));
    let location = plain.url("/app?key=SECRET");
    let server =
        secure(move |request, reply| reply.answer(request, 302, &[("Location", &location)], b""));
    let error = poll(&mut trusting(url(&server, "/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(!error.is_transient());
    assert!(error.to_string().contains("unencrypted"), "{error}");
    assert!(!error.to_string().contains("SECRET"), "{error}");
    assert!(plain.requests().is_empty());
}

#[test]
fn it_may_be_entered_from_http_but_without_credentials() {
    let server = secure(|request, reply| reply.answer(request, 200, &[], b"one"));
    let location = url(&server, "/app");
    let plain = Server::start(move |request, reply| {
        reply.answer(request, 301, &[("Location", &location)], b"")
    });
    let bytes = fetch(&mut trusting(plain.url("/app")).bearer("token")).unwrap();
    assert_eq!(bytes.unwrap(), b"one");
    assert_eq!(server.requests()[0].header("authorization"), None);
    assert_eq!(plain.requests()[0].header("authorization"), Some("Bearer token"));
}

const CLIENT: (&[u8], &[u8]) = (include_bytes!("tls/client.pem"), include_bytes!("tls/client.key"));

#[test]
fn a_client_certificate_is_sent_on_request() {
    let server = mutual(|request, reply| reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"));
    let mut source = trusting(url(&server, "/app")).client_certificate(CLIENT.0, CLIENT.1);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    source.report(Outcome::Installed);
    assert_eq!(fetch(&mut source).unwrap(), None);
    // Certificate and key may be one text.
    let both = [CLIENT.1, CLIENT.0].concat();
    let mut source = trusting(url(&server, "/app")).client_certificate(both.clone(), both);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    server.requests();

    let error = poll(&mut trusting(url(&server, "/app"))).unwrap_err();
    // The server may be gone before its refusal is read.
    assert!(matches!(error.kind(), ErrorKind::Denied | ErrorKind::Truncated), "{error}");
    if error.kind() == ErrorKind::Denied {
        assert!(error.to_string().contains("client certificate"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_certificate_is_shown_at_home_only() {
    let other = mutual(|request, reply| reply.answer(request, 200, &[], b"one"));
    let location = url(&other, "/app");
    let home =
        mutual(move |request, reply| reply.answer(request, 302, &[("Location", &location)], b""));
    let known = |server, path| trusting(url(server, path)).client_certificate(CLIENT.0, CLIENT.1);
    fetch(&mut known(&other, "/app")).unwrap().unwrap();
    other.requests();
    poll(&mut known(&home, "/latest")).unwrap_err();
    assert_eq!(home.requests().len(), 1);
    assert!(other.requests().is_empty());
}
