//! Simulates other machines: strace(1) makes single system calls fail as they would there.

use std::process::{Command, Stdio};

use crate::Case;
use crate::process::printed;

pub(crate) const CASES: &[Case] = &[
    ("machines::without_ipv6_all_interfaces_are_ipv4", without_ipv6_all_interfaces_are_ipv4),
    ("machines::privileged_ports_are_explained", privileged_ports_are_explained),
    ("machines::a_read_only_folder_is_explained", a_read_only_folder_is_explained),
];

/// What the role `bind` prints for an address, with a fault injected; nothing without strace.
fn bound_with(fault: &str, address: &str) -> Option<String> {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
    command.arg(std::env::current_exe().unwrap()).args(["role:bind", address]);
    match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => Some(printed(child)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("left out, as it needs the program strace");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn without_ipv6_all_interfaces_are_ipv4() {
    let fault = "socket:error=EAFNOSUPPORT:when=1";
    for (text, start) in [
        (":0", "tcp://0.0.0.0:"),
        ("udp://:0", "udp://0.0.0.0:"),
        ("tcp6://:0", "could not listen on tcp6://:0: this machine has no IPv6"),
        ("tcp://[::]:0", "could not listen on tcp://[::]:0: this machine has no IPv6"),
    ] {
        let Some(printed) = bound_with(fault, text) else { return };
        assert!(printed.starts_with(start), "{text}: {printed}");
    }
}

fn privileged_ports_are_explained() {
    let Some(printed) = bound_with("bind:error=EACCES:when=1", "127.0.0.1:80") else { return };
    let expected = "could not listen on tcp://127.0.0.1:80: port 80 is privileged; \
                    it needs root, or CAP_NET_BIND_SERVICE\n";
    assert_eq!(printed, expected);
}

fn a_read_only_folder_is_explained() {
    let Some(printed) = bound_with("bind:error=EROFS:when=1", "unix:///run/selfup-none") else {
        return;
    };
    assert!(printed.ends_with("the directory /run is on a read-only file system\n"), "{printed}");
}
