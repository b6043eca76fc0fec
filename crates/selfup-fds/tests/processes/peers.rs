//! Tests against other programs and crates that implement the convention.

use std::io::Read;
use std::net::TcpStream;
use std::process::Stdio;

use crate::Case;
use crate::process::{output, printed, python, role, set};

pub(crate) const CASES: &[Case] = &[
    ("peers::a_python_child_serves", a_python_child_serves),
    ("peers::the_crate_listenfd_reads_it", the_crate_listenfd_reads_it),
    ("peers::the_crate_sd_notify_reads_it", the_crate_sd_notify_reads_it),
];

fn a_python_child_serves() {
    let fds = set(&[("udp", "udp://127.0.0.1:0"), ("http", "127.0.0.1:0")]);
    let script = r#"
import os, socket
assert int(os.environ["LISTEN_PID"]) == os.getpid()
assert not os.environ["LISTEN_PID"].startswith("0")
names = os.environ["LISTEN_FDNAMES"].split(":")
assert len(names) == int(os.environ["LISTEN_FDS"])
listener = socket.socket(fileno=3 + names.index("http"))
assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
connection, _ = listener.accept()
connection.sendall(b"hello from python")
print(names)
"#;
    let child = fds.spawn(python(script).stdout(Stdio::piped())).unwrap();
    let mut client = TcpStream::connect(fds.local_address("http").unwrap().ip().unwrap()).unwrap();
    client.set_read_timeout(Some(crate::process::DEADLINE)).unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert_eq!(response, "hello from python");
    assert_eq!(printed(child), "['udp', 'http']\n");
}

fn the_crate_listenfd_reads_it() {
    let fds = set(&[("http", "127.0.0.1:0"), ("udp", "udp://127.0.0.1:0")]);
    let address = |name: &str| fds.local_address(name).unwrap().ip().unwrap();
    let expected = format!("2\n{} {}\n", address("http"), address("udp"));
    assert_eq!(output(&fds, &mut role("listenfd")), expected);
}

fn the_crate_sd_notify_reads_it() {
    let fds = set(&[("http", "127.0.0.1:0"), ("a b", "udp://127.0.0.1:0")]);
    let address = fds.local_address("http").unwrap().ip().unwrap();
    assert_eq!(output(&fds, &mut role("sd-notify")), format!("3 http\n4 a b\n{address}\n"));
}
