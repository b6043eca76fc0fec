//! Through a proxy, and past it. The server is the proxy here, and what is behind it as well.

use selfup_fetch::{ErrorKind, Fetch, Outcome};

use crate::{
    fetch, http, poll,
    server::{Reply, Request, Server, Then},
};

/// Lets everything through to itself.
fn proxy(handle: impl Fn(&Request, &mut Reply<'_>) -> Then + Send + Sync + 'static) -> Server {
    Server::start(move |request, reply| {
        if request.method != "CONNECT" {
            return handle(request, reply);
        }
        reply.send(b"HTTP/1.1 200 Connected\r\n\r\n");
        Then::Keep
    })
}

#[test]
fn requests_go_through_it() {
    let server = proxy(|request, reply| match request.path.as_str() {
        "/latest" => reply.answer(request, 302, &[("Location", "http://other.invalid/app")], b""),
        _ => reply.answer(request, 200, &[("ETag", "\"1\"")], b"one"),
    });
    let mut source = http("http://home.invalid:8080/latest")
        .proxy(format!("http://me:SEC%52ET@{}", server.address))
        .bearer("token");
    assert_eq!(fetch(&mut source).unwrap().unwrap(), b"one");
    source.settle(Outcome::Installed);
    assert_eq!(fetch(&mut source).unwrap(), None);
    let requests = server.requests();
    let lines = requests.iter().map(|request| format!("{} {}", request.method, request.path));
    assert_eq!(
        lines.take(4).collect::<Vec<_>>(),
        ["CONNECT home.invalid:8080", "GET /latest", "CONNECT other.invalid:80", "GET /app"]
    );
    for request in &requests {
        let (for_proxy, for_server) =
            (request.header("proxy-authorization"), request.header("authorization"));
        match (request.method.as_str(), request.path.as_str()) {
            ("CONNECT", _) => {
                assert_eq!((for_proxy, for_server), (Some("Basic bWU6U0VDUkVU"), None));
            }
            (_, "/latest") => assert_eq!((for_proxy, for_server), (None, Some("Bearer token"))),
            _ => assert_eq!((for_proxy, for_server), (None, None)),
        }
    }
}

#[test]
fn some_hosts_are_reached_past_it() {
    let server = Server::start(|request, reply| reply.answer(request, 200, &[], b"one"));
    let nobody = proxy(|_, _| Then::Close);
    let source = || http(server.url("/app")).proxy(nobody.address.to_string());
    for list in ["127.0.0.1", "host, 127.0.0.0/8", "*"] {
        assert_eq!(fetch(&mut source().no_proxy(list)).unwrap().unwrap(), b"one", "{list}");
    }
    assert!(nobody.requests().is_empty());
    poll(&mut source().no_proxy("localhost")).unwrap_err();
    assert_eq!(nobody.methods()[0], "CONNECT");
}

#[test]
fn what_a_proxy_refuses_is_told() {
    for (status, kind, transient, word) in [
        (407, ErrorKind::Denied, false, "credentials"),
        (403, ErrorKind::Denied, false, "does not allow"),
        (502, ErrorKind::Unreachable, true, "does not reach"),
        (503, ErrorKind::Unreachable, true, "does not reach"),
        (404, ErrorKind::Protocol, true, "CONNECT"),
    ] {
        let server = Server::start(move |request, reply| reply.answer(request, status, &[], b"no"));
        let proxy = format!("http://me:SECRET@{}", server.address);
        for url in ["http://home.invalid/app?key=SECRET", "https://home.invalid/app?key=SECRET"] {
            let error = poll(&mut http(url).proxy(proxy.as_str())).unwrap_err();
            let text = error.to_string();
            assert_eq!(error.kind(), kind, "{text}");
            assert_eq!(error.is_transient(), transient, "{text}");
            assert!(text.contains(word) && text.contains(&status.to_string()), "{text}");
            assert!(text.contains(&format!("proxy http://…@{}", server.address)), "{text}");
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
    }
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = poll(&mut http("http://home.invalid/app").proxy(address.to_string())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
