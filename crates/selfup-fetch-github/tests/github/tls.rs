//! Tests TLS, with roots of our own and those of Mozilla.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread::JoinHandle,
};

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

fn github() -> GitHub {
    GitHub::new("example", "app").proxy_from_env(false)
}

/// A server of the name `localhost` that redirects all requests to another place.
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
    let error = fetch(&mut github().base_url(&url)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Untrusted, false), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(server.requests().is_empty());
    // The right root, and the wrong name.
    let other = format!("https://127.0.0.1:{}", server.address.port());
    let error = fetch(&mut github().base_url(other).trust(ROOT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
}

#[test]
fn https_is_never_left_for_http() {
    let api = Api::with("v1.0.0", b"app");
    let (server, url) = secure(api.url());
    let mut source = github().base_url(url).trust(ROOT).token("secret");
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
    let mut source = github().base_url(open.url()).trust(ROOT).asset("app");
    assert_eq!(install(&mut source).unwrap(), "app");
}

/// A proxy that opens one tunnel, if it gets the right credentials, and returns the request.
fn proxy() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        if !head.contains("uthorization: Basic bWU6cHc=\r\n") {
            client.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").unwrap();
            return head;
        }
        let target = head.split(' ').nth(1).unwrap();
        let server = TcpStream::connect(target).unwrap();
        client.write_all(b"HTTP/1.1 200 Go on\r\n\r\n").unwrap();
        let (mut to, mut from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let up = std::thread::spawn(move || {
            drop(std::io::copy(&mut from, &mut to));
            drop(to.shutdown(Shutdown::Write));
        });
        let (mut to, mut from) = (client, server);
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
        up.join().unwrap();
        head
    });
    (address.to_string(), asked)
}

#[test]
fn a_proxy_opens_a_tunnel() {
    let (server, url) = secure("http://127.0.0.1:1".to_owned());
    let (address, asked) = proxy();
    let source = || github().base_url(&url).trust(ROOT).token("secret");
    let error = fetch(&mut source().proxy(format!("http://me:pw@{address}"))).unwrap_err();
    assert!(error.to_string().contains("unencrypted http:"), "it came so far: {error}");
    assert!(server.requests()[0].header("authorization").is_some());
    let head = asked.join().unwrap();
    assert!(head.starts_with(&format!("CONNECT localhost:{} ", server.address.port())), "{head}");
    assert!(!head.contains("secret"), "{head}");

    let (address, asked) = proxy();
    let error = fetch(&mut source().proxy(format!("http://me:wrong@{address}"))).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unreachable, true), "{error}");
    for words in [&address, "proxy authorization required", "HTTPS_PROXY"] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(!error.to_string().contains("wrong"), "{error}");
    asked.join().unwrap();
    assert!(server.requests().is_empty());
}
