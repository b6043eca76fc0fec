//! Tests that errors in the settings are reported at the start, and secrets never shown.

use std::{io, time::Duration};

use selfup_fetch::{Compression, ErrorKind, Fetch, decompress};
use selfup_fetch_http::Http;

use crate::{current, http, poll};

const CLIENT: (&[u8], &[u8]) = (include_bytes!("tls/client.pem"), include_bytes!("tls/client.key"));
const OTHER_KEY: &[u8] = include_bytes!("tls/server.key");
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn what_cannot_work_is_refused_at_the_start() {
    let ok = "http://127.0.0.1:1/app";
    for (mut source, word) in [
        (http(""), "absolute"),
        (http("example.com/app"), "absolute"),
        (http("ftp://host/app"), "ftp:"),
        (http("http://host/{libc}"), "{libc}"),
        (http("http://host:0/app"), "port"),
        (http(ok).https_only(true), "https_only"),
        (http(ok).header("a b", "c"), "header name"),
        (http(ok).header("a", "line\nbreak"), "\"a\""),
        (http(ok).bearer("line\nbreak"), "authorization"),
        (http(ok).header("Range", "bytes=1-"), "fetcher's"),
        (http(ok).header("accept-encoding", "gzip"), "fetcher's"),
        (http(ok).user_agent("line\nbreak"), "user agent"),
        (http(ok).connect_timeout(Duration::ZERO), "connect_timeout"),
        (http(ok).response_timeout(Duration::ZERO), "response_timeout"),
        (http(ok).stall_timeout(Duration::ZERO), "stall_timeout"),
        (http(ok).total_timeout(Duration::ZERO), "total_timeout"),
        (http(ok).header("Proxy-Authorization", "Basic x"), "fetcher's"),
        (http(ok).proxy("socks5://127.0.0.1:1"), "only a proxy"),
        (http(ok).proxy("http://host:many"), "port"),
        (http(ok).proxy(""), "no host"),
        (http(ok).client_certificate("none", CLIENT.1), "no certificate"),
        (http(ok).client_certificate(CLIENT.0, "none"), "no private key"),
        (http(ok).client_certificate(CLIENT.0, OTHER_KEY), "with its key"),
        (http(ok).client_certificate(NO_CERTIFICATE, CLIENT.1), "client certificate"),
        (http(ok).trust(NO_CERTIFICATE), "cannot be read"),
        (http(ok).trust("no certificate"), "no certificate"),
        (http(ok).trust("-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n"), "PEM"),
    ] {
        for error in [source.init(&current()).unwrap_err(), poll(&mut source).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(!error.is_transient());
            assert!(error.to_string().contains(word), "{word}: {error}");
        }
    }
    http(ok).init(&current()).unwrap();
}

#[test]
fn secrets_are_not_shown() {
    let url = "https://me:SECRET@host/app?key=SECRET";
    let source = Http::new(url)
        .proxy("http://me:SECRET@proxy:1")
        .client_certificate(CLIENT.0, CLIENT.1)
        .bearer("SECRET")
        .basic("me", "SECRET")
        .header("x-key", "SECRET");
    assert!(!format!("{source:?}").contains("SECRET"), "{source:?}");
    assert!(format!("{source:?}").contains("x-key"), "{source:?}");
    let mut source = source.header("x-other", "SECRET\n");
    let error = source.init(&current()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
    let mut source = Http::new("http://me:SECRET@host/{what}?key=SECRET");
    let error = source.init(&current()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
}

#[test]
fn what_this_build_cannot_decompress_is_refused_at_the_start() {
    // Asked of selfup-fetch itself: others in the same build may have turned its features on.
    for name in ["app.gz", "app.zst", "app.xz"] {
        let known = decompress(io::empty(), Compression::of_name(name)).is_ok();
        let result = http(format!("http://127.0.0.1:1/{name}")).init(&current());
        assert_eq!(result.is_ok(), known, "{name}");
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(error.to_string().contains("feature"), "{error}");
        }
    }
}

#[test]
fn credentials_go_in_clear_only_where_that_is_allowed() {
    let far = "http://releases.example.com/app";
    for source in [
        http("http://me:SECRET@releases.example.com/app"),
        http(far).bearer("SECRET"),
        http(far).basic("me", "SECRET"),
        http(far).header("cookie", "SECRET"),
        http(far).header("X-Api-Key", "SECRET"),
        http("http://192.0.2.1/app").bearer("SECRET"),
        http("http://localhost.example.com/app").bearer("SECRET"),
    ] {
        let mut source = source;
        let error = source.init(&current()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        for word in ["not sent over http:", "use https:", "allow_insecure_credentials(true)"] {
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        source.allow_insecure_credentials(true).init(&current()).unwrap();
    }
    for mut source in [
        http(far),
        http(far).header("accept", "application/octet-stream").user_agent("me"),
        http("http://127.0.0.1:1/app").bearer("SECRET"),
        http("http://[::1]:1/app").bearer("SECRET"),
        http("http://localhost:1/app").basic("me", "SECRET"),
        http("https://releases.example.com/app").bearer("SECRET"),
    ] {
        source.init(&current()).unwrap();
    }
}

#[test]
fn an_unprotected_source_is_a_warning_with_advice() {
    let caution = |url: &str, wanted: bool| {
        let current = current().with_signature_wanted(wanted);
        let mut source = http(url);
        source.init(&current).unwrap();
        source.caution(&current)
    };
    for url in ["http://releases.example.com/app?key=SECRET", "http://127.0.0.1:1/app"] {
        let message = caution(url, false).unwrap();
        assert!(message.contains("use https:, or set a trusted key"), "{message}");
        assert!(!message.contains("SECRET"), "{message}");
        assert_eq!(caution(url, true), None, "signatures protect it");
    }
    assert_eq!(caution("https://releases.example.com/app", false), None);
}
