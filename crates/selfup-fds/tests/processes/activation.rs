//! Tests activation by `systemd-socket-activate`.

use std::io::Read;
use std::net::TcpStream;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::Case;
use crate::process::{DEADLINE, set, until};

pub(crate) const CASES: &[Case] = &[
    ("activation::over_tcp", over_tcp),
    ("activation::over_a_unix_stream", over_a_unix_stream),
    ("activation::over_unix_datagrams", over_unix_datagrams),
    ("activation::over_unix_seqpacket", over_unix_seqpacket),
    ("activation::adopted_by_name_and_passed_on", adopted_by_name_and_passed_on),
    ("activation::adopted_by_number_and_passed_on", adopted_by_number_and_passed_on),
];

const NEEDED: &str = "this test needs systemd-socket-activate, of the package systemd";

/// The program, which ends with this value.
struct Activator(Child);

impl Activator {
    fn command(options: &[&str], role: &[&str]) -> Command {
        let mut command = Command::new("systemd-socket-activate");
        command.args(options).arg(std::env::current_exe().unwrap());
        command.args(role).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn start(options: &[&str], role: &[&str]) -> Self {
        Self(Self::command(options, role).spawn().expect(NEEDED))
    }

    fn ends_well(mut self) {
        let status = until("its end", || self.0.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Activator {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The program takes no port 0. So it is itself given the listener, by this crate, and passes it
/// on: the real sd_listen_fds(3) reads what a set passes, and a set takes what systemd passes.
fn over_tcp_as(options: &[&str], role: &[&str]) -> String {
    let fds = set(&[("tcp", "127.0.0.1:0")]);
    let mut activator = Activator::command(options, role);
    let activator = Activator(fds.spawn(&mut activator).expect(NEEDED));
    let mut client = TcpStream::connect(fds.local_address("tcp").unwrap().ip().unwrap()).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    activator.ends_well();
    response
}

fn over_tcp() {
    assert_eq!(over_tcp_as(&["--fdname=web"], &["role:serve"]), "served as web\n");
    // Without names, all are called the same.
    assert_eq!(over_tcp_as(&[], &["role:serve"]), "served as unknown\n");
}

fn is_there(path: &Path) {
    until("the socket file", || path.exists().then_some(()));
}

fn over_a_unix_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let options = ["-l", path.to_str().unwrap(), "--fdname=web"];
    let activator = Activator::start(&options, &["role:serve"]);
    is_there(&path);
    let mut client = until("a connection", || UnixStream::connect(&path).ok());
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert_eq!(response, "served as web\n");
    activator.ends_well();
}

fn over_unix_datagrams() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let activator = Activator::start(&["-d", "-l", path.to_str().unwrap()], &["role:serve"]);
    is_there(&path);
    let client = UnixDatagram::bind(folder.path().join("client")).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    until("a socket", || client.send_to(b"hello", &path).ok());
    let mut response = [0; 100];
    let length = client.recv(&mut response).unwrap();
    assert_eq!(&response[..length], b"served as unknown\n");
    activator.ends_well();
}

fn over_unix_seqpacket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let options = ["--seqpacket", "-l", path.to_str().unwrap(), "--fdname=web"];
    let activator = Activator::start(&options, &["role:serve"]);
    is_there(&path);
    let mut client = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    until("a connection", || client.connect(&SockAddr::unix(&path).unwrap()).ok());
    let mut response = [0; 100];
    let length = client.read(&mut response).unwrap();
    assert_eq!(&response[..length], b"served as web\n");
    activator.ends_well();
}

/// systemd, a master, and its child: the whole chain.
fn adopted_by_name_and_passed_on() {
    let response = over_tcp_as(&["--fdname=front"], &["role:relay", "fd://front"]);
    assert_eq!(response, "served as web\n");
}

fn adopted_by_number_and_passed_on() {
    let response = over_tcp_as(&["--fdname=front"], &["role:relay", "fd://3"]);
    assert_eq!(response, "served as web\n");
}
