//! Tests inherited sockets: adopted by their address, or taken by name.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says so by failing")]

use std::fs;
use std::os::fd::{AsFd, OwnedFd};

use nix::sys::stat::fstat;
use selfup_fds::{ErrorKind, FdSet, Inherited};
use socket2::{Domain, Socket, Type};

/// A socket as systemd would pass it: bound by another process, under a name of its choice.
fn passed(name: &str, address: &str) -> (Inherited, u64, String) {
    let mut fds = FdSet::new();
    fds.bind(name, &address.parse().unwrap(), &mut Inherited::none()).unwrap();
    let inode = inode(fds.fd(name).unwrap());
    let at = fds.local_address(name).unwrap().to_string();
    (fds.into_inherited(), inode, at)
}

fn inode(fd: impl AsFd) -> u64 {
    fstat(fd).unwrap().st_ino
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

/// What binding `address` gives with that socket at hand: it, or a new one.
fn adopts(inherited: &mut Inherited, inode_of: u64, address: &str) -> bool {
    let mut fds = FdSet::new();
    match fds.bind("ours", &address.parse().unwrap(), inherited) {
        Ok(()) => {
            let adopted = inode(fds.fd("ours").unwrap()) == inode_of;
            assert_eq!(fds.bound().count(), usize::from(!adopted), "an adopted one is not ours");
            adopted
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::AddressInUse, "{error}");
            false
        }
    }
}

#[test]
fn what_is_bound_to_the_very_address_is_adopted() {
    for (theirs, ours, adopted) in [
        ("127.0.0.1:0", "127.0.0.1:PORT", true),
        ("127.0.0.1:0", "localhost:PORT", true),
        ("127.0.0.1:0", "tcp4://localhost:PORT", true),
        ("127.0.0.1:0", "127.0.0.1:0", false),
        ("127.0.0.1:0", "0.0.0.0:PORT", false),
        ("127.0.0.1:0", ":PORT", false),
        ("127.0.0.1:0", "udp://127.0.0.1:PORT", false),
        ("udp://127.0.0.1:0", "udp://127.0.0.1:PORT", true),
        ("udp://127.0.0.1:0", "127.0.0.1:PORT", false),
        ("0.0.0.0:0", "0.0.0.0:PORT", true),
        ("0.0.0.0:0", ":PORT", true),
        ("0.0.0.0:0", "127.0.0.1:PORT", false),
    ] {
        let (mut inherited, inode, at) = passed("theirs", theirs);
        let ours = ours.replace("PORT", port(&at));
        assert_eq!(adopts(&mut inherited, inode, &ours), adopted, "{theirs} for {ours}");
        assert_eq!(inherited.is_empty(), adopted, "{theirs} for {ours}");
    }
}

#[test]
fn dual_stack_and_ipv6_alone_are_two_things() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    for (theirs, ours, adopted) in [
        ("tcp://[::]:0", ":PORT", true),
        ("tcp://[::]:0", "[::]:PORT", true),
        ("tcp://[::]:0", "tcp6://[::]:PORT", false),
        ("tcp6://[::]:0", "tcp6://[::]:PORT", true),
        ("tcp6://[::]:0", "[::]:PORT", false),
        ("[::1]:0", "[::1]:PORT", true),
        ("tcp6://[::1]:0", "[::1]:PORT", true),
    ] {
        let (mut inherited, inode, at) = passed("theirs", theirs);
        let ours = ours.replace("PORT", port(&at));
        assert_eq!(adopts(&mut inherited, inode, &ours), adopted, "{theirs} for {ours}");
    }
}

#[test]
fn a_socket_that_does_not_listen_is_no_listener() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    let at = socket.local_addr().unwrap().as_socket().unwrap();
    let mut fds = FdSet::new();
    let inode = inode(&socket);
    fds.insert("theirs", OwnedFd::from(socket)).unwrap();
    assert!(!adopts(&mut fds.into_inherited(), inode, &at.to_string()));
}

#[test]
fn a_unix_socket_is_adopted_while_its_file_leads_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    for scheme in ["unix", "unixgram", "unixpacket"] {
        let address = format!("{scheme}://{}", path.display());
        let (mut inherited, inode, _) = passed("theirs", &address);
        assert!(adopts(&mut inherited, inode, &address), "{scheme}");
        assert!(
            path.exists(),
            "the file of an adopted socket belongs to the process that bound it"
        );
        fs::remove_file(&path).unwrap();

        let (mut inherited, inode, _) = passed("theirs", &address);
        fs::remove_file(&path).unwrap();
        assert!(!adopts(&mut inherited, inode, &address), "{scheme}: nobody can connect to it");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_was_kept_is_taken_back_as_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let unix = format!("unix://{}", path.display());
    for (kept, configured) in [("127.0.0.1:0", "127.0.0.1:0"), (&unix, &unix)] {
        let (mut inherited, kept_inode, _) = passed("kept-http", kept);
        let mut fds = FdSet::new();
        let address = configured.parse().unwrap();
        assert!(fds.reclaim("http", &address, &mut inherited, "kept-http").unwrap());
        assert_eq!(inode(fds.fd("http").unwrap()), kept_inode);
        assert_eq!(fds.bound().count(), 1);
        fds.unlink_sockets().unwrap();
    }
    assert!(!path.exists(), "its file is ours to remove");
}

#[test]
fn what_was_kept_for_another_configuration_stays() {
    for configured in ["127.0.0.2:0", "udp://127.0.0.1:0", "127.0.0.1:1", "fd://http"] {
        let (mut inherited, ..) = passed("kept-http", "127.0.0.1:0");
        let mut fds = FdSet::new();
        let address = configured.parse().unwrap();
        assert!(!fds.reclaim("http", &address, &mut inherited, "kept-http").unwrap());
        assert!(inherited.len() == 1 && fds.is_empty(), "{configured}");
    }
    let mut fds = FdSet::new();
    let address = "127.0.0.1:0".parse().unwrap();
    assert!(!fds.reclaim("http", &address, &mut Inherited::none(), "kept-http").unwrap());
}
