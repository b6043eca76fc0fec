//! Tests the failures before the first byte of the asset.

use std::{net::TcpListener, time::Duration};

use selfup_fetch::{ErrorKind, Fetch};
use selfup_fetch_github::GitHub;

use crate::{
    api::Api,
    current, fetch,
    server::{Server, Then},
    source,
    storage::Habit,
};

#[test]
fn settings_that_cannot_work_are_refused_by_init() {
    let fine = || GitHub::new("owner", "repo");
    for (mut source, word) in [
        (GitHub::new("owner/repo", ""), "OWNER/REPOSITORY"),
        (GitHub::new("", "repo"), "name of an owner"),
        (GitHub::new("owner", "re po"), "name of a repository"),
        (GitHub::new("owner", ".."), "name of a repository"),
        (fine().base_url("github.example.com"), "base url"),
        (fine().base_url("ftp://github.example.com"), "https:"),
        (fine().base_url("https://me:pw@github.example.com"), "token()"),
        (fine().base_url("https://github.example.com/?x"), "query"),
        (fine().asset("app-{version"), "stands alone"),
        (fine().asset("app-{libc}"), "{libc}"),
        (fine().member("bin/"), "the member is no file"),
        (fine().proxy("socks5://:pw@host"), "http://HOST:PORT"),
        (fine().tag(""), "the tag is empty"),
        (fine().token(" "), "the token is empty"),
        (fine().token("a\u{7f}b"), "characters that no token has"),
        (fine().trust("no certificate"), "no certificate"),
        (fine().user_agent("a\nb"), "user agent"),
        (fine().connect_timeout(Duration::ZERO), "connect_timeout"),
        (fine().response_timeout(Duration::ZERO), "response_timeout"),
        (fine().stall_timeout(Duration::ZERO), "stall_timeout"),
        (fine().total_timeout(Duration::ZERO), "total_timeout"),
    ] {
        for error in [source.init(&current()).unwrap_err(), fetch(&mut source).unwrap_err()] {
            assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Configuration, false));
            assert!(error.to_string().contains(word), "{word}: {error}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
    }
    fine().init(&current()).unwrap();
    GitHub::new("o-w.n_3r", ".github").asset("a-{tag}").init(&current()).unwrap();
}

#[test]
fn each_status_has_its_kind() {
    let api = Api::start();
    for (status, kind, transient, words) in [
        (404, ErrorKind::NotFound, true, "https://HOST/api/v3"),
        (422, ErrorKind::Protocol, false, "does not take the request"),
        (451, ErrorKind::Denied, false, "withheld"),
        (500, ErrorKind::Unavailable, true, "in trouble"),
        (503, ErrorKind::Unavailable, true, "503"),
        (204, ErrorKind::Protocol, true, "204"),
        (304, ErrorKind::Protocol, true, "304"),
    ] {
        api.change(|world| world.response = Some((status, vec![], String::new())));
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{status}: {error}");
        assert!(error.to_string().contains(words), "{status}: {error}");
        assert!(error.to_string().contains("example/app from 127.0.0.1"), "{error}");
    }
    let retry = vec![("Retry-After", "9".to_owned())];
    api.change(|world| world.response = Some((503, retry, String::new())));
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
}

#[test]
fn a_login_page_is_no_api() {
    let api = Api::start();
    for body in ["<html>please log in</html>", "", "{}", "[{\"id\":1}]"] {
        api.change(|world| world.response = Some((200, vec![], body.to_owned())));
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains("not the api of github"), "{error}");
    }
}

#[test]
fn a_response_of_several_lines_becomes_one_line() {
    let api = Api::start();
    let message = format!(r#"{{"message":"a\nb{}"}}"#, "c".repeat(1000));
    api.change(|world| world.response = Some((403, vec![], message)));
    let error = fetch(&mut source(&api)).unwrap_err().to_string();
    assert!(error.contains("a bccc") && error.len() < 500, "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut source = GitHub::new("a", "b").base_url(format!("http://{free}"));
    let error = fetch(&mut source).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Unreachable, true));
    assert!(error.to_string().contains("refused"), "{error}");

    let mut source = GitHub::new("a", "b").base_url("http://nowhere.invalid");
    let error = fetch(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("host name"), "{error}");
}

#[test]
fn a_silent_server_times_out() {
    let silent = Server::start(|_, reply| reply.hang());
    let mut source = GitHub::new("a", "b")
        .base_url(silent.url())
        .connect_timeout(Duration::from_millis(100))
        .response_timeout(Duration::from_millis(100));
    let error = fetch(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("no response within 100ms"), "{error}");
}

#[test]
fn a_server_that_closes_the_connection_is_reported() {
    for reset in [false, true] {
        let rude = Server::start(move |_, reply| if reset { reply.reset() } else { Then::Close });
        let error = fetch(&mut GitHub::new("a", "b").base_url(rude.url())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
        assert!(error.is_transient());
    }
    let mute = Server::start(|_, reply| {
        reply.send(b"220 smtp.example.com\r\n\r\n");
        Then::Close
    });
    let error = fetch(&mut GitHub::new("a", "b").base_url(mute.url())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[test]
fn a_list_that_stops_in_the_middle_is_no_list() {
    for (hang, kind) in [(true, ErrorKind::Stalled), (false, ErrorKind::Truncated)] {
        let server = Server::start(move |_, reply| {
            reply.head(200, &[], Some(1000));
            reply.send(b"[");
            if hang { reply.hang() } else { Then::Close }
        });
        let mut source =
            GitHub::new("a", "b").base_url(server.url()).stall_timeout(Duration::from_millis(200));
        let error = fetch(&mut source).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn a_list_without_an_end_is_too_large() {
    let server = Server::start(|_, reply| {
        reply.head(200, &[], None);
        let spaces = vec![b' '; 1 << 20];
        while reply.try_send(&spaces).is_ok() {}
        Then::Close
    });
    let error = fetch(&mut GitHub::new("a", "b").base_url(server.url())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
}

#[test]
fn the_storage_may_refuse_for_the_moment() {
    let api = Api::with("v1.0.0", b"app");
    for (status, kind) in [
        (403, ErrorKind::Unavailable),
        (404, ErrorKind::NotFound),
        (503, ErrorKind::Unavailable),
        (200, ErrorKind::Changed),
    ] {
        api.storage.habit(Habit::Status(status));
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, true), "{error}");
    }
}
