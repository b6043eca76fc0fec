//! Tests that sockets are bound to addresses, and taken out of the set with their type.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says so by failing")]

use std::error::Error as _;
use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};

use selfup_fds::{Address, ErrorKind, FdSet, Inherited, Kind, LocalAddress, Result};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

fn bound(address: &str) -> FdSet {
    try_bound(address).unwrap_or_else(|error| panic!("{error}: {:?}", error.source()))
}

fn try_bound(address: &str) -> Result<FdSet> {
    let mut fds = FdSet::new();
    fds.bind("it", &address.parse()?, &mut Inherited::none()).map(|()| fds)
}

fn port(fds: &FdSet) -> u16 {
    fds.local_address("it").unwrap().ip().unwrap().port()
}

fn only_v6(fds: &FdSet) -> bool {
    let fd = fds.fd("it").unwrap();
    SockRef::from(&fd).only_v6().unwrap()
}

fn is_close_on_exec(fd: impl AsFd) -> bool {
    nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFD).unwrap() & libc::FD_CLOEXEC != 0
}

fn is_nonblocking(fd: impl AsFd) -> bool {
    let flags = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFL).unwrap();
    flags & libc::O_NONBLOCK != 0
}

fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap()
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

fn abstract_name(what: &str) -> String {
    format!("@selfup-fds-{what}-{}", std::process::id())
}

#[test]
fn tcp_listens_with_the_real_port_shown() {
    let fds = bound("127.0.0.1:0");
    let port = port(&fds);
    assert_ne!(port, 0);
    let shown = fds.local_address("it").unwrap().to_string();
    assert_eq!(shown, format!("tcp://127.0.0.1:{port}"));
    shown.parse::<Address>().unwrap();

    let fd = fds.fd("it").unwrap();
    assert!(is_close_on_exec(fd));
    assert!(!is_nonblocking(fd));
    assert!(SockRef::from(&fd).reuse_address().unwrap());
    TcpStream::connect(("127.0.0.1", port)).unwrap();
}

#[test]
fn the_queue_is_as_long_as_the_kernel_gives() {
    let limit: u32 =
        std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    let fds = bound("127.0.0.1:0");
    assert_eq!(longest_queue(&fds), limit);
}

/// What `ss` calls the Send-Q of a listener.
fn longest_queue(fds: &FdSet) -> u32 {
    let sport = format!("sport = :{}", port(fds));
    let out = std::process::Command::new("ss").args(["-Hltn", &sport]).output();
    let out = out.expect("this test needs the program ss, of the package iproute2").stdout;
    let line = String::from_utf8(out).unwrap();
    line.split_whitespace().nth(2).expect("one line of ss").parse().unwrap()
}

#[test]
fn all_interfaces_means_both_families() {
    let fds = bound(":0");
    TcpStream::connect(("127.0.0.1", port(&fds))).unwrap();
    if has_ipv6() {
        TcpStream::connect((Ipv6Addr::LOCALHOST, port(&fds))).unwrap();
        assert!(!only_v6(&fds));
        assert!(only_v6(&bound("tcp6://[::]:0")));
        assert!(only_v6(&bound("tcp6://:0")));
        assert!(only_v6(&bound("udp6://:0")));
        assert!(!only_v6(&bound("tcp://[::]:0")));
        assert!(!only_v6(&bound("udp://:0")));
    }
    let fds = bound("tcp4://:0");
    assert!(fds.local_address("it").unwrap().ip().unwrap().is_ipv4());
}

#[test]
fn ipv6_alone_leaves_ipv4_free() {
    if !has_ipv6() {
        return;
    }
    // Another test may be given the port in between, so it is tried more than once.
    let both = (0..20).find_map(|_| {
        let v6 = bound("tcp6://[::]:0");
        try_bound(&format!("tcp4://0.0.0.0:{}", port(&v6))).ok().map(|v4| (v6, v4))
    });
    assert!(both.is_some());
}

#[test]
fn a_collision_of_the_families_is_explained() {
    if !has_ipv6() {
        return;
    }
    let v4 = bound("tcp4://0.0.0.0:0");
    let error = try_bound(&format!("tcp://[::]:{}", port(&v4))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert!(error.is_transient());
    assert!(error.to_string().contains("tcp6://[::]:"), "{error}");

    let both = bound("tcp://[::]:0");
    let error = try_bound(&format!("tcp://0.0.0.0:{}", port(&both))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    assert!(error.to_string().contains("dual-stack"), "{error}");
    // No half of it is bound when both are asked for.
    let error = try_bound(&format!(":{}", port(&both))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
}

#[test]
fn host_names_are_looked_up() {
    let fds = bound("localhost:0");
    assert!(fds.local_address("it").unwrap().ip().unwrap().ip().is_loopback());
    assert!(bound("tcp4://localhost:0").local_address("it").unwrap().ip().unwrap().is_ipv4());
    let error = try_bound("no-such-host.invalid:80").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resolve);
    assert!(error.to_string().contains("no-such-host.invalid"));
}

#[test]
fn zones_are_interfaces() {
    let error = try_bound("[fe80::1%nosuch0]:0").unwrap_err();
    assert!(error.to_string().contains(r#"no network interface "nosuch0""#), "{error}");
    if has_ipv6() {
        // The loopback interface needs no zone, and takes its own.
        let fds = bound("[::1%lo]:0");
        assert!(fds.local_address("it").unwrap().ip().unwrap().ip().is_loopback());
    }
}

#[test]
fn a_foreign_address_is_explained() {
    // No host has an address of TEST-NET-1 (RFC 5737).
    let error = try_bound("192.0.2.1:0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bind);
    assert!(!error.is_transient());
    assert!(error.to_string().contains("no interface of this machine"), "{error}");
}

#[test]
fn udp_receives_and_is_never_shared() {
    let fds = bound("udp://127.0.0.1:0");
    let address = fds.local_address("it").unwrap();
    assert!(matches!(address, LocalAddress::Udp(_)));
    assert!(address.to_string().starts_with("udp://127.0.0.1:"));
    let error = try_bound(&address.to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);

    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"hello", address.ip().unwrap()).unwrap();
    let socket = fds.into_inherited().take_udp_socket("it").unwrap();
    assert_eq!(socket.recv(&mut [0; 16]).unwrap(), 5);
}

#[test]
fn abstract_names_leave_no_file() {
    for (scheme, kind) in [
        ("unix", Kind::UnixListener),
        ("unixgram", Kind::UnixDatagram),
        ("unixpacket", Kind::UnixSeqpacketListener),
    ] {
        let address = format!("{scheme}://{}", abstract_name(scheme));
        let fds = bound(&address);
        assert_eq!(Kind::of(fds.fd("it").unwrap()), kind);
        assert_eq!(fds.local_address("it").unwrap().to_string(), address);
        assert_eq!(try_bound(&address).unwrap_err().kind(), ErrorKind::AddressInUse);
        drop(fds);
        bound(&address);
    }
}

#[test]
fn every_socket_is_taken_out_as_what_it_is() {
    let mut fds = FdSet::new();
    let mut bind = |name: &str, address: String| {
        fds.bind(name, &address.parse().unwrap(), &mut Inherited::none()).unwrap();
    };
    bind("tcp", "127.0.0.1:0".to_owned());
    bind("udp", "udp://127.0.0.1:0".to_owned());
    bind("stream", format!("unix://{}", abstract_name("as-stream")));
    bind("datagram", format!("unixgram://{}", abstract_name("as-datagram")));
    bind("seqpacket", format!("unixpacket://{}", abstract_name("as-seqpacket")));
    let (reader, writer) = pipe();
    let mut writer = std::fs::File::from(writer);
    fds.insert("pipe", reader).unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    fds.insert("connection", near.into()).unwrap();

    let mut inherited = fds.into_inherited();
    let tcp = inherited.take_tcp_listener("tcp").unwrap();
    TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
    tcp.accept().unwrap();
    assert!(inherited.take_udp_socket("udp").is_ok());
    assert!(inherited.take_unix_listener("stream").is_ok());
    let datagram = inherited.take_unix_datagram("datagram").unwrap();
    let client = UnixDatagram::unbound().unwrap();
    client.send_to_addr(b"x", &datagram.local_addr().unwrap()).unwrap();
    assert_eq!(datagram.recv(&mut [0; 4]).unwrap(), 1);

    let seqpacket = Socket::from(inherited.take_unix_seqpacket("seqpacket").unwrap());
    let client = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    client.connect(&seqpacket.local_addr().unwrap()).unwrap();
    client.send(b"one").unwrap();
    client.send(b"two").unwrap();
    let mut message = [0; 16];
    assert_eq!(seqpacket.accept().unwrap().0.read(&mut message).unwrap(), 3);

    assert_eq!(inherited.kind("pipe"), Some(Kind::Pipe));
    let mut pipe = std::fs::File::from(inherited.take_fd("pipe").unwrap());
    writer.write_all(b"p").unwrap();
    pipe.read_exact(&mut [0]).unwrap();
    assert_eq!(inherited.kind("connection"), Some(Kind::UnixStream));
    let mut near = UnixStream::from(inherited.take_fd("connection").unwrap());
    far.write_all(b"c").unwrap();
    near.read_exact(&mut [0]).unwrap();
    assert!(inherited.is_empty());
}

#[test]
fn an_fd_of_the_wrong_kind_stays() {
    let mut inherited = bound("udp://127.0.0.1:0").into_inherited();
    let error = inherited.take_tcp_listener("it").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongKind);
    assert_eq!(
        error.to_string(),
        r#"could not take the fd "it" as a TCP listener: it is a UDP socket"#
    );
    inherited.take_unix_listener("it").unwrap_err();
    inherited.take_unix_datagram("it").unwrap_err();
    inherited.take_unix_seqpacket(0).unwrap_err();
    assert!(inherited.names().eq(["it"]));
    inherited.take_udp_socket("it").unwrap();
    assert!(inherited.is_empty());
}

#[test]
fn a_socket_that_does_not_listen_is_no_listener() {
    let mut fds = FdSet::new();
    let idle = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    idle.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
    fds.insert("idle", idle.into()).unwrap();
    let error = fds.into_inherited().take_tcp_listener("idle").unwrap_err();
    assert!(error.to_string().ends_with("it is a TCP socket that does not listen"), "{error}");
}

#[test]
fn the_error_for_an_unknown_name_lists_the_known_ones() {
    let mut inherited = bound("127.0.0.1:0").into_inherited();
    let error = inherited.take_tcp_listener("other").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInherited);
    assert!(error.to_string().ends_with(r#"the fds left are "it""#), "{error}");
    assert!(inherited.take_fd(1).unwrap_err().to_string().contains("at position 1"));
    inherited.take_fd("it").unwrap();
    assert!(inherited.take_fd("it").unwrap_err().to_string().ends_with("no fd is left"));
}

#[test]
fn fds_that_are_not_taken_are_closed() {
    let fds = bound("127.0.0.1:0");
    let address = fds.local_address("it").unwrap().ip().unwrap();
    let inherited = fds.into_inherited();
    TcpStream::connect(address).unwrap();
    drop(inherited);
    TcpStream::connect(address).unwrap_err();
}

#[test]
fn positions_stay_when_others_are_taken() {
    let mut fds = FdSet::new();
    for name in ["a", "b", "c"] {
        fds.bind(name, &"127.0.0.1:0".parse().unwrap(), &mut Inherited::none()).unwrap();
    }
    let expected = fds.local_address(2);
    let mut inherited = fds.into_inherited();
    inherited.take_fd(0).unwrap();
    assert!(inherited.fd(0).is_none());
    let listener = inherited.take_tcp_listener(2).unwrap();
    assert_eq!(LocalAddress::of(&listener), expected);
    assert!(inherited.names().eq(["b"]));
    assert_eq!(inherited.len(), 1);
}

#[test]
fn the_mode_is_what_the_taker_expects() {
    let taken = |before: bool, nonblocking: bool| {
        let fds = bound("127.0.0.1:0");
        let fd = fds.fd("it").unwrap();
        SockRef::from(&fd).set_nonblocking(before).unwrap();
        let mut inherited = fds.into_inherited().nonblocking(nonblocking);
        is_nonblocking(inherited.take_tcp_listener("it").unwrap())
    };
    assert!(!taken(false, false));
    assert!(!taken(true, false));
    assert!(taken(false, true));
    assert!(taken(true, true));

    let fds = bound("127.0.0.1:0");
    let fd = fds.fd("it").unwrap();
    SockRef::from(&fd).set_nonblocking(true).unwrap();
    assert!(is_nonblocking(fds.into_inherited().take_fd("it").unwrap()), "take_fd changes nothing");
}

#[test]
fn names_are_checked_before_anything_is_done() {
    let mut fds = bound("127.0.0.1:0");
    let address = "127.0.0.1:0".parse().unwrap();
    let error = fds.bind("it", &address, &mut Inherited::none()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateName);
    let error = fds.bind("a:b", &address, &mut Inherited::none()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidName);
    assert_eq!(fds.len(), 1);

    // A name that is taken does not cost the fd that was to be adopted.
    let mut inherited = bound("127.0.0.1:0").into_inherited();
    fds.bind("it", &"fd://it".parse().unwrap(), &mut inherited).unwrap_err();
    assert_eq!(inherited.len(), 1);
    fds.bind("adopted", &"fd://it".parse().unwrap(), &mut inherited).unwrap();
    assert!(inherited.is_empty());
    let error = fds.bind("again", &"fd://it".parse().unwrap(), &mut inherited).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotInherited);
}

#[test]
fn an_fd_that_is_not_taken_in_comes_back() {
    let mut fds = bound("127.0.0.1:0");
    let (reader, writer) = pipe();
    let error = fds.insert("it", writer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateName);
    let mut writer = std::fs::File::from(error.into_fd().unwrap());
    writer.write_all(b"still open").unwrap();
    drop(reader);
}

#[test]
fn what_is_inserted_becomes_close_on_exec() {
    let (reader, _writer) = pipe();
    let clear = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
    nix::fcntl::fcntl(&reader, clear).unwrap();
    let mut fds = FdSet::new();
    fds.insert("pipe", reader).unwrap();
    assert!(is_close_on_exec(fds.fd("pipe").unwrap()));
    assert_eq!(fds.local_address("pipe"), None);
}
