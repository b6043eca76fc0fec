//! Tests TLS with a private certificate authority, in both directions.

use super::site::{Site, fetch, install, patient, poll};
use selfup::fetch::Http;
use selfup_fetch::ErrorKind;
use std::fs;

const ROOT: &[u8] = include_bytes!("../../../../crates/selfup-fetch-http/tests/http/tls/root.pem");
const CERTIFICATE: &[u8] =
    include_bytes!("../../../../crates/selfup-fetch-http/tests/http/tls/server.pem");
const KEY: &[u8] = include_bytes!("../../../../crates/selfup-fetch-http/tests/http/tls/server.key");
const CLIENT: (&[u8], &[u8]) = (
    include_bytes!("../../../../crates/selfup-fetch-http/tests/http/tls/client.pem"),
    include_bytes!("../../../../crates/selfup-fetch-http/tests/http/tls/client.key"),
);

/// A site with two more servers: one with TLS, and one that wants to know its clients as well.
pub(crate) fn site(name: &str, server: &str) -> Option<Site> {
    let keys = tempfile::tempdir().unwrap();
    for (file, text) in [("root", ROOT), ("certificate", CERTIFICATE), ("key", KEY)] {
        fs::write(keys.path().join(file), text).unwrap();
    }
    let keys = keys.path().display();
    let tls = format!("ssl_certificate {keys}/certificate; ssl_certificate_key {keys}/key;");
    let others = format!(
        "server {{ listen unix:{{folder}}/tls ssl; root {{folder}}/www; {tls} }}\n\
         server {{ listen unix:{{folder}}/mutual ssl; root {{folder}}/www; {tls} \
         ssl_client_certificate {keys}/root; ssl_verify_client on; }}\n"
    );
    // nginx has read the keys when it listens.
    Site::start_with(name, server, &others)
}

pub(crate) fn trusting(url: String) -> Http {
    patient(url).trust(ROOT).https_only(true)
}

#[test]
fn a_trusted_server_is_accepted() {
    let Some(mut site) = site("tls", "") else { return };
    site.publish("app", b"one");
    let tls = site.passage_to("tls");
    let mut source = trusting(tls.secure_url("/app"));
    assert_eq!(install(&mut source).unwrap(), b"one");
    assert_eq!(fetch(&mut source).unwrap(), None);
    let error = poll(&mut patient(tls.secure_url("/app"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Untrusted, "{error}");
    site.finish();
}

#[test]
fn a_known_client_is_served() {
    let Some(mut site) = site("mutual", "") else { return };
    site.publish("app", b"one");
    let mutual = site.passage_to("mutual");
    let source = || trusting(mutual.secure_url("/app"));
    let mut known = source().client_certificate(CLIENT.0, CLIENT.1);
    assert_eq!(install(&mut known).unwrap(), b"one");
    assert_eq!(fetch(&mut known).unwrap(), None);
    // nginx ends the handshake well, and responds over HTTP.
    let error = poll(&mut source()).unwrap_err();
    assert!(error.to_string().contains("400"), "{error}");
    assert!(!error.is_transient());
    site.finish();
}

#[test]
fn what_breaks_within_tls_is_resumed() {
    let Some(mut site) = site("tls-breaks", "") else { return };
    let app = super::site::program(300_000);
    site.publish("app", &app);
    let tls = site.passage_to("tls");
    tls.break_after(&[100_000, 1500, 100_000]);
    assert!(install(&mut trusting(tls.secure_url("/app"))).unwrap() == app);
    site.finish();
}
