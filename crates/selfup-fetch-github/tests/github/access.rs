//! Tests tokens: the access they give, and the servers that may and may not receive them.

use selfup_fetch::{ErrorKind, Fetch};
use selfup_fetch_github::GitHub;

use crate::{api::Api, current, fetch, install, source};

fn private() -> Api {
    let api = Api::with("v1.0.0", b"app");
    api.change(|world| (world.token, world.private) = (Some("secret"), true));
    api
}

#[test]
fn a_private_repository_needs_a_token() {
    let api = private();
    let error = fetch(&mut source(&api)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for words in ["example/app", "no such repository", "give a token if it is private"] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(install(&mut source(&api).token(" secret\n")).unwrap(), "app");
    let error = fetch(&mut source(&api).token("secret").tag("v2")).unwrap_err();
    assert!(error.to_string().contains("that the token may read its contents"), "{error}");
}

#[test]
fn the_storage_never_sees_the_token() {
    let api = private();
    assert_eq!(install(&mut source(&api).token("secret")).unwrap(), "app");
    for request in api.server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer secret"));
    }
    let [request] = &api.storage.server.requests()[..] else { panic!("one request") };
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn an_unknown_token_is_reported() {
    let api = private();
    for mut source in [source(&api).token("other"), source(&api).token("other").tag("v1.0.0")] {
        let error = fetch(&mut source).unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Denied, false));
        for words in ["token is not accepted", "Bad credentials", "expired"] {
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(!format!("{error} {error:?}").contains("other"), "{error:?}");
    }
}

#[test]
fn a_token_without_the_right_is_reported() {
    let api = Api::start();
    let message = r#"{"message":"Resource not accessible by personal access token"}"#;
    api.change(|world| world.response = Some((403, vec![], message.to_owned())));
    let error = fetch(&mut source(&api).token("secret")).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Denied, false));
    for words in ["not accessible by personal access token", "contents: read"] {
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn no_token_leaves_the_machine_in_clear() {
    let init = |url: &str| GitHub::new("a", "b").base_url(url).token("secret").init(&current());
    for url in ["http://github.example.com/api/v3", "http://192.0.2.1", "http://localhost.example"]
    {
        let error = init(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("not sent over http:"), "{error}");
    }
    for url in ["https://github.example.com/api/v3", "http://localhost:9", "http://[::1]:9"] {
        init(url).unwrap();
    }
    let github = GitHub::new("a", "b").base_url("http://192.0.2.1").token("secret");
    github.allow_insecure_credentials(true).init(&current()).unwrap();
}

#[test]
fn an_unencrypted_api_is_a_warning_unless_signatures_are_verified() {
    let caution = |base: &str, wanted: bool| {
        let current = current().with_signature_wanted(wanted);
        let mut github = GitHub::new("a", "b").base_url(base);
        github.init(&current).unwrap();
        github.caution(&current)
    };
    let warning = caution("http://github.example.com", false).unwrap();
    assert!(
        warning.contains("http://github.example.com") && warning.contains("trusted key"),
        "{warning}"
    );
    assert_eq!(caution("http://github.example.com", true), None);
    assert_eq!(caution("https://github.example.com", false), None);
}

#[test]
fn nothing_shows_the_token() {
    let source = GitHub::new("a", "b").token("secret").base_url("https://u:secret@h/?x=secret");
    assert!(!format!("{source:?}").contains("secret"), "{source:?}");
    let error = GitHub::new("a", "b").token("sec ret").init(&current()).unwrap_err();
    assert!(!error.to_string().contains("sec ret"), "{error}");
}
