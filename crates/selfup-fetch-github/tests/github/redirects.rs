//! Tests redirects: of renamed repositories, and to the storage host.

use std::sync::{Arc, Mutex};

use selfup_fetch::ErrorKind;
use selfup_fetch_github::GitHub;

use crate::{api::Api, fetch, install, server::Server, source, storage::location};

/// Responds to everything with a redirect to there.
fn leading_to(target: String) -> Server {
    let target = Arc::new(Mutex::new(target));
    Server::start(move |_, reply| {
        let target = target.lock().unwrap().clone();
        reply.answer(301, &[("Location", &target)], b"{}")
    })
}

#[test]
fn a_renamed_repository_is_followed() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| (world.token, world.private) = (Some("secret"), true));
    let mut source = GitHub::new("example", "old").base_url(api.url()).token("secret");
    assert_eq!(install(&mut source).unwrap(), "app");
    assert_eq!(api.server.requests().len(), 4, "the list and the asset, each by a redirect");
    assert_eq!(install(&mut source), None);
}

#[test]
fn another_host_gets_no_token() {
    let api = Api::with("v1.0.0", b"app");
    let moved = leading_to(format!("{}/repos/example/app/releases?per_page=100&page=1", api.url()));
    fetch(&mut source(&api).base_url(moved.url()).token("secret")).unwrap_err();
    assert!(moved.requests()[0].header("authorization").is_some());
    for request in api.server.requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn a_redirect_may_be_relative_and_keeps_the_token_at_home() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| {
        world.token = Some("secret");
        world.redirect = Some("/repos/example/app/releases?per_page=1&page=1".to_owned());
    });
    let error = fetch(&mut source(&api).token("secret")).unwrap_err();
    let requests = api.server.requests();
    assert_eq!(requests.len(), 3, "{error}");
    assert!(requests.iter().all(|request| request.header("authorization").is_some()));
}

#[test]
fn the_base_path_of_an_enterprise_server_stays_at_home() {
    let api = Api::with("v1.0.0", b"app");
    // Only the way to the API has it, not that to the storage.
    let (inner, list) = (api.url(), Mutex::new(Vec::new()));
    let gate = Server::start(move |request, reply| {
        let path = request.path.strip_prefix("/api/v3").expect("the base path").to_owned();
        list.lock().unwrap().push(path.clone());
        reply.answer(307, &[("Location", &format!("{inner}{path}"))], b"")
    });
    let mut source = source(&api).base_url(format!("{}/api/v3/", gate.url()));
    assert_eq!(install(&mut source).unwrap(), "app");
    assert_eq!(api.storage.server.requests().len(), 1);
}

#[test]
fn endless_redirects_end() {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| world.redirect = Some("/repos/example/app/releases/assets/2".to_owned()));
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Protocol, false));
    assert!(error.to_string().contains("redirected more than 10 times"), "{error}");
    assert_eq!(api.asked().len(), 12);
}

#[test]
fn where_nothing_can_be_fetched_is_not_followed() {
    let api = Api::with("v1.0.0", b"app");
    for target in ["ftp://host/app", "mailto:app@host", "http://", "file:///etc/passwd"] {
        api.change(|world| world.redirect = Some(target.to_owned()));
        let error = fetch(&mut source(&api)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{target}: {error}");
    }
}

#[test]
fn the_key_in_a_storage_address_is_not_shown() {
    let api = Api::with("v1.0.0", b"app");
    let storage = api.storage.server.url();
    api.change(|world| world.redirect = Some(location(&storage, 99)));
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(&storage), "{error}");
    assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
}
