//! Tests addresses as operators write them.

use proptest::prelude::*;
use selfup_fds::{Address, ErrorKind};

fn shown(text: &str) -> String {
    text.parse::<Address>().unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn refused(text: &str) -> String {
    let Err(error) = text.parse::<Address>() else { panic!("{text:?} was taken") };
    assert_eq!(error.kind(), ErrorKind::InvalidAddress);
    assert!(!error.is_transient());
    let message = error.to_string();
    assert!(message.starts_with("could not listen on "), "{message}");
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn every_form_is_understood() {
    for (text, canonical) in [
        ("127.0.0.1:3000", "tcp://127.0.0.1:3000"),
        ("localhost:0", "tcp://localhost:0"),
        ("my_host.example.:80", "tcp://my_host.example.:80"),
        (":3000", "tcp://:3000"),
        ("[::1]:80", "tcp://[::1]:80"),
        ("[0:0::1]:80", "tcp://[::1]:80"),
        ("[fe80::1%eth0]:80", "tcp://[fe80::1%eth0]:80"),
        ("[fe80::1%2]:80", "tcp://[fe80::1%2]:80"),
        ("tcp4://:80", "tcp4://:80"),
        ("tcp4://0.0.0.0:80", "tcp4://0.0.0.0:80"),
        ("tcp6://[::]:80", "tcp6://[::]:80"),
        ("udp://:53", "udp://:53"),
        ("udp4://127.0.0.1:53", "udp4://127.0.0.1:53"),
        ("udp6://[::1]:65535", "udp6://[::1]:65535"),
        ("unix:///run/app.sock", "unix:///run/app.sock"),
        ("unix:///run/with space:and@", "unix:///run/with space:and@"),
        ("unixgram:///run/app.sock", "unixgram:///run/app.sock"),
        ("unixpacket:///run/app.sock", "unixpacket:///run/app.sock"),
        ("unix://@app", "unix://@app"),
        ("unixgram://@app/ctl", "unixgram://@app/ctl"),
        ("fd://http", "fd://http"),
        ("fd://my app.socket", "fd://my app.socket"),
        ("fd://3", "fd://3"),
    ] {
        assert_eq!(shown(text), canonical);
        assert_eq!(canonical.parse::<Address>().unwrap(), text.parse().unwrap());
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, part) in [
        ("", "it is empty"),
        ("tcp://", "it is empty"),
        ("localhost", "the port is missing; write `localhost:PORT`"),
        ("tcp://[::1]", "the port is missing; write `[::1]:PORT`"),
        ("3000", "write `:3000` for all interfaces"),
        ("localhost:", "the port is missing after `:`"),
        ("localhost:http", r#"the port "http" is no number from 0 to 65535"#),
        ("localhost:65536", "65536"),
        ("localhost:+80", "+80"),
        ("localhost:-1", "-1"),
        ("localhost:80 ", r#""80 ""#),
        ("::1:80", "goes in brackets"),
        ("[::1:80", "not closed"),
        ("[::1]80", "the port is missing"),
        ("[127.0.0.1]:80", "is no IPv6 address"),
        ("[fe80::1%]:80", "names no network interface"),
        ("256.1.1.1:80", "is no IPv4 address"),
        ("1.2.3:80", "is no IPv4 address"),
        ("99999999999999999999999:80", "is no IPv4 address"),
        ("my host:80", "is no host name"),
        ("*:80", "is no host name"),
        ("a..b:80", "is no host name"),
        (".:80", "is no host name"),
        ("tcp4://[::1]:80", "contradicts"),
        ("tcp6://127.0.0.1:80", "contradicts"),
        ("http://localhost:80", r#"there is no scheme "http"; the schemes are tcp"#),
        ("TCP://localhost:80", "there is no scheme"),
        ("/run/app.sock", "write `unix:///path`"),
        ("unix:/run/app.sock", "write `unix:///path`"),
        ("unix://run/app.sock", "write `unix:///PATH`"),
        ("unix://", "write `unix:///PATH`"),
        ("unixgram://@", "the abstract name is missing; write `unixgram://@NAME`"),
        ("unix:///a\0b", "NUL"),
        ("fd://", "the name is missing"),
        ("fd://a:b", "separates the names"),
        ("fd://99999999999", "no number of an fd"),
    ] {
        let message = refused(text);
        assert!(message.contains(part), "{text:?} gave: {message}");
    }
}

#[test]
fn a_long_path_is_refused_with_the_limit_and_its_length() {
    let longest = format!("unix:///{}", "x".repeat(106));
    assert_eq!(shown(&longest), longest);
    let message = refused(&format!("{longest}x"));
    assert!(message.contains("at most 107 bytes, and this one has 108"), "{message}");

    let longest = format!("unix://@{}", "x".repeat(107));
    assert_eq!(shown(&longest), longest);
    let message = refused(&format!("{longest}x"));
    assert!(message.contains("at most 107 bytes, and this one has 108"), "{message}");
}

fn addresses() -> impl Strategy<Value = String> {
    let port = any::<u16>();
    let v4 = any::<std::net::Ipv4Addr>();
    let v6 = any::<std::net::Ipv6Addr>();
    prop_oneof![
        ("(tcp|udp|tcp4|udp4)://", v4, port).prop_map(|(s, ip, p)| format!("{s}{ip}:{p}")),
        ("(tcp|udp|tcp6|udp6)://", v6.clone(), port)
            .prop_map(|(s, ip, p)| format!("{s}[{ip}]:{p}")),
        (v6, "[a-z0-9.%]{1,15}", port).prop_map(|(ip, zone, p)| format!("[{ip}%{zone}]:{p}")),
        ("((tcp|udp)[46]?://)?[a-z][a-z0-9-]{0,20}(\\.[a-z]{1,9}){0,3}\\.?", port)
            .prop_map(|(host, p)| format!("{host}:{p}")),
        ("((tcp|udp)[46]?://)?", port).prop_map(|(s, p)| format!("{s}:{p}")),
        "unix(gram|packet)?:///[ -~]{1,100}",
        "unix(gram|packet)?://@[ -~]{1,100}",
        "fd://[a-zA-Z0-9 ._@/-]{1,255}".prop_filter("a number is no name", |text| {
            text[5..].bytes().any(|byte| !byte.is_ascii_digit())
        }),
        (0..=i32::MAX).prop_map(|number| format!("fd://{number}")),
    ]
}

proptest! {
    #[test]
    fn what_is_shown_means_the_same(text in addresses()) {
        let address: Address = text.parse().unwrap();
        prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }

    #[test]
    fn any_text_is_an_address_or_an_error_of_one_line(
        text in prop_oneof![any::<String>(), "[a-z0-9:/@%.\\[\\] \n-]{0,40}", "(tcp|unix|fd)://\\PC*"]
    ) {
        match text.parse::<Address>() {
            Ok(address) => {
                prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
            }
            Err(error) => prop_assert!(!error.to_string().contains(['\n', '\x1b'])),
        }
    }
}
