//! Tests requests with and without a proxy. One server is the proxy and the target.

use std::process::Command;

use selfup_fetch::{ErrorKind, Fetch, Outcome};
use selfup_fetch_http::Http;

use crate::{fetch, http, poll, server::Server};

#[test]
fn requests_go_to_the_proxy_with_the_whole_url() {
    let server = Server::start(|request, reply| match request.path.as_str() {
        "http://home.invalid:8080/latest" => {
            reply.answer(request, 302, &[("Location", "http://other.invalid/app")], b"")
        }
        _ => reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"),
    });
    let mut source = http("http://home.invalid:8080/latest")
        .proxy(format!("http://me:SEC%52ET@{}", server.address))
        .bearer("token")
        .allow_insecure_credentials(true);
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    source.report(Outcome::Installed);
    assert_eq!(fetch(&mut source).unwrap(), None);
    let requests = server.requests();
    let lines = requests.iter().map(|request| format!("{} {}", request.method, request.path));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "GET http://home.invalid:8080/latest",
            "GET http://other.invalid/app",
            "HEAD http://home.invalid:8080/latest",
            "HEAD http://other.invalid/app"
        ]
    );
    for request in &requests {
        assert_eq!(request.header("proxy-authorization"), Some("Basic bWU6U0VDUkVU"));
        let is_home = request.path.starts_with("http://home.");
        let (host, token) = match is_home {
            true => ("home.invalid:8080", Some("Bearer token")),
            false => ("other.invalid", None),
        };
        assert_eq!(request.header("host"), Some(host));
        assert_eq!(request.header("authorization"), token);
    }
}

/// Each request on a kept connection is made whole, not the first alone.
#[test]
fn a_connection_to_it_is_kept() {
    let server = Server::start(|request, reply| match request.path.as_str() {
        "http://home.invalid/app" => reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"),
        _ => reply.answer(request, 400, &[], b"what?"),
    });
    let mut source = http("http://home.invalid/app").proxy(server.address.to_string());
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    source.report(Outcome::Installed);
    for _ in 0..3 {
        assert_eq!(fetch(&mut source).unwrap(), None);
    }
    assert!(server.requests().iter().all(|request| request.connection == 0));
}

/// For `https:`, the proxy is asked for a tunnel, and learns only the host and port.
#[test]
fn a_tunnel_is_asked_for_without_secrets() {
    let server = Server::start(|request, reply| reply.answer(request, 502, &[], b"no"));
    let mut source = http("https://home.invalid/app?key=SECRET")
        .proxy(format!("http://me:pass@{}", server.address))
        .bearer("SECRET");
    poll(&mut source).unwrap_err();
    let request = server.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("CONNECT", "home.invalid:443"));
    assert_eq!(request.header("proxy-authorization"), Some("Basic bWU6cGFzcw=="));
    assert!(!format!("{request:?}").contains("SECRET"), "{request:?}");
}

#[test]
fn some_hosts_are_reached_past_it() {
    let server = Server::start(|request, reply| reply.answer(request, 200, &[], b"one"));
    let nobody = Server::start(|request, reply| reply.answer(request, 502, &[], b"no"));
    let source = || http(server.url("/app")).proxy(nobody.address.to_string());
    for list in ["127.0.0.1", "host, 127.0.0.0/8", "*"] {
        assert_eq!(fetch(&mut source().no_proxy(list)).unwrap().unwrap(), b"one", "{list}");
    }
    assert!(nobody.requests().is_empty());
    poll(&mut source().no_proxy("localhost")).unwrap_err();
    assert_eq!(nobody.requests()[0].path, server.url("/app"));
}

#[test]
fn a_refusal_of_the_proxy_is_reported() {
    for (status, kind, transient, word) in [
        (407, ErrorKind::Denied, false, "credentials"),
        (403, ErrorKind::Denied, false, "does not allow"),
        (502, ErrorKind::Unreachable, true, "does not reach"),
        (503, ErrorKind::Unreachable, true, "does not reach"),
        (404, ErrorKind::Protocol, true, "CONNECT"),
    ] {
        let server = Server::start(move |request, reply| reply.answer(request, status, &[], b"no"));
        let proxy = format!("http://me:SECRET@{}", server.address);
        let url = "https://home.invalid/app?key=SECRET";
        let error = poll(&mut http(url).proxy(proxy.as_str())).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), kind, "{text}");
        assert_eq!(error.is_transient(), transient, "{text}");
        assert!(text.contains(word) && text.contains(&status.to_string()), "{text}");
        assert!(text.contains(&format!("proxy http://…@{}", server.address)), "{text}");
        assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
    }
    let server = Server::start(|request, reply| reply.answer(request, 407, &[], b"no"));
    let url = "http://home.invalid/app?key=SECRET";
    let error = poll(&mut http(url).proxy(server.address.to_string())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(!error.is_transient());
    assert!(error.to_string().contains(&server.address.to_string()), "{error}");
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in ["http://home.invalid/app", "https://home.invalid/app"] {
        let error = poll(&mut http(url).proxy(address.to_string())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}

#[test]
fn the_environment_names_one() {
    let server = Server::start(|request, reply| reply.answer(request, 200, &[], b"one"));
    let asks = |variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
            child.env_remove(name);
        }
        child.args(["--ignored", "--exact", "proxies::in_an_environment_of_its_own"]);
        let output = child.envs(variables.iter().copied()).output().unwrap();
        let asked = server.requests().len();
        (output.status.success(), asked)
    };
    let proxy = server.address.to_string();
    assert_eq!(asks(&[("http_proxy", &proxy)]), (true, 1));
    assert_eq!(asks(&[("ALL_PROXY", &proxy)]), (true, 1));
    assert_eq!(asks(&[("http_proxy", &proxy), ("no_proxy", "invalid")]), (false, 0));
    assert_eq!(asks(&[("https_proxy", &proxy)]), (false, 0));
}

#[test]
#[ignore = "run by the test above, with the variables that it sets"]
fn in_an_environment_of_its_own() {
    let url = "http://home.invalid/app";
    poll(&mut http(url)).unwrap_err();
    assert_eq!(fetch(&mut Http::new(url)).unwrap().unwrap(), b"one");
}
