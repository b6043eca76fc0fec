//! Tests addresses that cannot be listened on.

use super::{deployed, refusal};
use std::net::TcpListener;

#[test]
fn invalid_addresses_are_errors() {
    let (deployment, _) = deployed("no-address");
    let cases: [(&str, &[&str]); 12] = [
        ("gopher://127.0.0.1:70", &["there is no scheme \"gopher\"", "tcp, tcp4", "unix"]),
        ("127.0.0.1", &["the port is missing; write `127.0.0.1:PORT`"]),
        ("8080", &["the host is missing; write `:8080` for all interfaces"]),
        ("127.0.0.1:", &["the port is missing after `:`"]),
        ("127.0.0.1:70000", &["the port \"70000\" is no number from 0 to 65535"]),
        ("127.0.0.1:http", &["the port \"http\" is no number from 0 to 65535"]),
        ("1.2.3:80", &["\"1.2.3\" is no IPv4 address"]),
        ("::1:80", &["an IPv6 address goes in brackets; write `[ADDRESS]:PORT`"]),
        ("/run/app.sock", &["a path needs its scheme; write `unix:///path`"]),
        ("unix://run/app.sock", &["an absolute path or an abstract name"]),
        ("", &["it is empty; write `HOST:PORT`"]),
        ("fd://", &["the name is missing; write `fd://NAME` or `fd://NUMBER`"]),
    ];
    for (address, words) in cases {
        let line = refusal(&deployment, &[&format!("address={address}")]);
        for words in [&["could not open the socket \"address-0\": could not "], words].concat() {
            assert!(line.contains(words), "{words:?} in {line}");
        }
    }
    deployment.finish();
}

#[test]
fn the_reason_why_an_address_cannot_be_bound_is_reported() {
    let (deployment, _) = deployed("no-socket");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let file = deployment.sandbox().write("file", "something of somebody");
    let occupied = format!("unix://{}", file.display());
    let long = format!("unix:///tmp/{}", "x".repeat(120));
    let nowhere = format!("unix://{}/no/such/app.sock", deployment.sandbox().path().display());
    let cases: [(&str, &[&str]); 7] = [
        ("no-such-host.invalid:80", &["could not look up the host"]),
        ("192.0.2.1:8080", &["no interface of this machine has the address 192.0.2.1"]),
        (&taken, &["another socket has port"]),
        (&long, &["a Unix socket has at most 107 bytes, and this one has 125"]),
        (&occupied, &["there is a regular file at that path, and it is left alone; move it away"]),
        (&nowhere, &["no/such does not exist"]),
        ("fd://http", &["could not take the inherited fd \"http\": no fd was inherited"]),
    ];
    for (address, words) in cases {
        let line = refusal(&deployment, &[&format!("address={address}")]);
        for words in [&["could not open the socket \"address-0\": could not "], words].concat() {
            assert!(line.contains(words), "{words:?} in {line}");
        }
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "something of somebody");
    deployment.finish();
}

#[test]
fn names_are_there_once_and_can_travel() {
    let (deployment, _) = deployed("names");
    let line =
        refusal(&deployment, &["listen=http,127.0.0.1:0", "listen=http,127.0.0.1:0", "required"]);
    assert!(line.contains("\"http\""), "{line}");
    let line = refusal(&deployment, &["listen=a:b,127.0.0.1:0"]);
    assert!(line.contains("a:b"), "{line}");
    deployment.finish();
}

#[test]
fn one_address_that_cannot_be_bound_ends_the_start() {
    let (deployment, _) = deployed("one-fails");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    for bad in ["127.0.0.1:70000", "192.0.2.1:80", "fd://http", &taken] {
        for words in [["address=127.0.0.1:0", bad], [bad, "address=127.0.0.1:0"]] {
            let words = words.map(|word| match word.strip_prefix("address=") {
                Some(_) => word.to_owned(),
                None => format!("address={word}"),
            });
            let line = refusal(&deployment, &words.each_ref().map(String::as_str));
            assert!(line.contains("could not open the socket"), "{line}");
        }
    }
    deployment.finish();
}

#[test]
fn with_the_overseer_required_one_address_that_fails_is_too_much() {
    let (deployment, _) = deployed("required");
    let words = ["address=127.0.0.1:0", "address=127.0.0.1:70000", "required"];
    let line = refusal(&deployment, &words);
    assert!(line.contains("could not listen on \"127.0.0.1:70000\""), "{line}");
    let words = ["address=127.0.0.1:70000", "address=x", "listen=three,127.0.0.1:y"];
    let line = refusal(&deployment, &words);
    assert!(line.contains("could not open the socket \"address-0\" and 2 more: "), "{line}");
    deployment.finish();
}
