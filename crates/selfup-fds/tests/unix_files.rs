//! Tests that stale files of Unix sockets are replaced, and others kept.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says so by failing")]

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use selfup_fds::{ErrorKind, FdSet, Inherited, LocalAddress, Result};
use socket2::{Domain, SockAddr, Socket, Type};

const SCHEMES: [&str; 3] = ["unix", "unixgram", "unixpacket"];

fn bound(scheme: &str, path: &Path) -> Result<FdSet> {
    let mut fds = FdSet::new();
    let address = format!("{scheme}://{}", path.display()).parse()?;
    fds.bind("it", &address, &mut Inherited::none()).map(|()| fds)
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

#[test]
fn a_path_is_bound_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    for scheme in SCHEMES {
        let path = folder.path().join(scheme);
        let fds = bound(scheme, &path).unwrap();
        assert!(is_socket(&path));
        let local = fds.local_address("it").unwrap();
        assert!(matches!(&local, LocalAddress::Unix { name: Some(_), .. }), "{local:?}");
        assert_eq!(local.to_string(), format!("{scheme}://{}", path.display()));
    }
    UnixStream::connect(folder.path().join("unixgram")).unwrap_err();
}

#[test]
fn a_stale_file_is_replaced_whatever_its_type_was() {
    for scheme in SCHEMES {
        for stale in SCHEMES {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("socket");
            drop(bound(stale, &path).unwrap());
            assert!(is_socket(&path), "dropping a set leaves the file");
            let _fds = bound(scheme, &path).unwrap();
            if scheme == "unix" {
                UnixStream::connect(&path).unwrap();
            }
        }
    }
}

#[test]
fn a_live_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for scheme in SCHEMES {
        for live in SCHEMES {
            let path = folder.path().join(format!("{scheme}-{live}"));
            let fds = bound(live, &path).unwrap();
            let error = bound(scheme, &path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddressInUse);
            assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
            assert!(is_socket(&path));
            drop(fds);
        }
    }
}

#[test]
fn looking_does_not_disturb_the_live_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    bound("unix", &path).unwrap_err();
    let error = listener.accept().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "it saw a connection");
}

#[test]
fn a_socket_between_bind_and_listen_is_live() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let young = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    young.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    UnixStream::connect(&path).expect_err("so it would seem stale to a stream");
    assert_eq!(bound("unix", &path).unwrap_err().kind(), ErrorKind::AddressInUse);
    young.listen(1).unwrap();
    UnixStream::connect(&path).unwrap();
}

#[test]
fn a_datagram_socket_with_a_peer_is_live() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let peer = folder.path().join("peer");
    let live = UnixDatagram::bind(&path).unwrap();
    let _peer = UnixDatagram::bind(&peer).unwrap();
    live.connect(&peer).unwrap();
    assert_eq!(bound("unixgram", &path).unwrap_err().kind(), ErrorKind::AddressInUse);
    assert!(is_socket(&path));
}

#[test]
fn what_is_no_socket_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file"), "precious").unwrap();
    fs::create_dir(path("directory")).unwrap();
    symlink(path("file"), path("link")).unwrap();
    symlink(path("nowhere"), path("dangling")).unwrap();
    // A link to a stale socket is a link all the same.
    drop(UnixListener::bind(path("stale")).unwrap());
    symlink(path("stale"), path("to-stale")).unwrap();
    for (name, what) in [
        ("file", "a regular file"),
        ("directory", "a directory"),
        ("link", "a symbolic link"),
        ("dangling", "a symbolic link"),
        ("to-stale", "a symbolic link"),
    ] {
        let before = fs::symlink_metadata(path(name)).unwrap();
        let error = bound("unix", &path(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PathOccupied);
        assert!(error.to_string().contains(what), "{error}");
        assert!(!error.is_transient());
        let after = fs::symlink_metadata(path(name)).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    }
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "precious");
    assert!(is_socket(&path("stale")));
}

#[test]
fn a_missing_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = bound("unix", &folder.path().join("no/socket")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bind);
    let expected = format!("the directory {}/no does not exist", folder.path().display());
    assert!(error.to_string().ends_with(&expected), "{error}");
}

#[test]
fn only_the_own_file_is_unlinked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let fds = bound("unix", &path).unwrap();
    fds.unlink_sockets().unwrap();
    assert!(!path.exists());
    fds.unlink_sockets().unwrap();

    // The path belongs to another set by now. The first set still holds its inode, so that the
    // number cannot be the same.
    let successor = bound("unix", &path).unwrap();
    fds.unlink_sockets().unwrap();
    assert!(is_socket(&path));
    drop(fds);
    UnixStream::connect(&path).unwrap();
    successor.unlink_sockets().unwrap();
    assert!(!path.exists());

    fs::write(&path, "a file").unwrap();
    successor.unlink_sockets().unwrap();
    assert!(path.exists());
}

#[test]
fn closing_comes_before_unlinking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let files = bound("unix", &path).unwrap().close();
    assert!(is_socket(&path));
    UnixStream::connect(&path).unwrap_err();
    files.unlink().unwrap();
    assert!(!path.exists());
}

#[test]
fn a_successor_is_recognised_even_with_a_reused_inode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let files = bound("unix", &path).unwrap().close();
    let made = fs::symlink_metadata(&path).unwrap().modified().unwrap();
    // File systems record times in ticks of some milliseconds.
    let probe = folder.path().join("probe");
    while {
        fs::write(&probe, "x").unwrap();
        fs::metadata(&probe).unwrap().modified().unwrap() == made
    } {}
    let successor = bound("unix", &path).unwrap();
    files.unlink().unwrap();
    assert!(is_socket(&path));
    UnixStream::connect(&path).unwrap();
    drop(successor);
}

#[test]
fn the_file_of_an_adopted_socket_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut inherited = bound("unix", &path).unwrap().into_inherited();
    let mut fds = FdSet::new();
    fds.bind("adopted", &"fd://it".parse().unwrap(), &mut inherited).unwrap();
    fds.unlink_sockets().unwrap();
    assert!(is_socket(&path));
}
