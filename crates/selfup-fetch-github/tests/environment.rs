//! Tests that the token of the environment is used only on request, and its proxies by default.
//!
//! The test runs itself again with the variables set: a test cannot change its own environment.
#![allow(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
};

use selfup_fetch::{Fetch, RunningExecutable};
use selfup_fetch_github::GitHub;

/// The head of the request that a poll of this source sends.
fn sent(with: impl FnOnce(GitHub) -> GitHub) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let (mut head, mut piece) = (Vec::new(), [0; 1024]);
        while !head.ends_with(b"\r\n\r\n") {
            let n = socket.read(&mut piece).unwrap();
            assert_ne!(n, 0, "the request stopped");
            head.extend_from_slice(&piece[..n]);
        }
        socket.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8(head).unwrap()
    });
    let mut source = with(GitHub::new("example", "app").base_url(url));
    source.fetch(&RunningExecutable::new("/usr/bin/app", String::new)).unwrap_err();
    server.join().unwrap()
}

#[test]
fn the_environment_is_followed_as_it_is_meant() {
    #[expect(clippy::disallowed_methods, reason = "the test is about the environment")]
    let is_set = std::env::var_os("GITHUB_TOKEN").is_some_and(|token| token == "of-the-env");
    if !is_set {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.env("GITHUB_TOKEN", "of-the-env").env("HTTPS_PROXY", "http://me:pw@127.0.0.1:1");
        let output = again.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    assert!(!sent(|source| source).contains("authorization"));
    assert!(sent(GitHub::token_from_env).contains("authorization: Bearer of-the-env\r\n"));
    let set = sent(|source| source.token_from_env().token("set"));
    assert!(set.contains("authorization: Bearer set\r\n"), "{set}");

    let failure = |source: GitHub| {
        let mut source = source.base_url("https://127.0.0.1:9");
        source.fetch(&RunningExecutable::new("/usr/bin/app", String::new)).unwrap_err().to_string()
    };
    let proxied = failure(GitHub::new("example", "app"));
    assert!(proxied.contains("the proxy http://127.0.0.1:1/ lets nothing through"), "{proxied}");
    let direct = failure(GitHub::new("example", "app").proxy_from_env(false));
    assert!(direct.contains("refused") && !direct.contains("proxy"), "{direct}");
}
