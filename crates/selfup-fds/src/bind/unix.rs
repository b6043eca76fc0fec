//! Binds Unix sockets: to files, which outlive their socket, and to abstract names, which do not.

use std::fs::{self, FileType};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use nix::sys::stat::{Mode, fchmod};
use socket2::{Domain, SockAddr, Socket};

use super::socket_file::{Occupant, SocketFile, occupant};
use super::{BACKLOG, Bound, Owner, failed};
use crate::address::Address;
use crate::error::{Error, ErrorKind, Result};
use crate::unix_name::{UnixKind, UnixName};

pub(super) fn bind(
    address: &Address,
    kind: UnixKind,
    name: &UnixName,
    mode: Option<u32>,
) -> Result<Bound> {
    match name {
        UnixName::Path(path) => at_path(address, kind, path, mode),
        UnixName::Abstract(name) => {
            // As the kernel has it, the name begins with a NUL byte.
            let raw = std::ffi::OsString::from_vec([b"\0", name.as_slice()].concat());
            let socket = open(kind, Path::new(&raw), None)
                .and_then(|socket| listening(kind, socket))
                .map_err(|error| failed(address, None, error))?;
            Ok(Bound { fd: socket.into(), owner: Owner::Us { file: None } })
        }
    }
}

fn at_path(address: &Address, kind: UnixKind, path: &Path, mode: Option<u32>) -> Result<Bound> {
    let socket = match open(kind, path, mode) {
        Err(error) if error.raw_os_error() == Some(libc::EADDRINUSE) => {
            make_way(address, path, error)?;
            open(kind, path, mode)
        }
        other => other,
    };
    let explained = |error| failed(address, hint(path, &error), error);
    let socket = socket.map_err(explained)?;
    // Identify the file before the address is announced: from here on it is known by its inode.
    let file = SocketFile::at(path).map_err(explained)?;
    match listening(kind, socket) {
        Ok(socket) => Ok(Bound { fd: socket.into(), owner: Owner::Us { file } }),
        Err(error) => {
            // The socket is of no use, so remove its file too, which would be stale.
            let _removed = file.map(|file| file.unlink_if_same());
            Err(explained(error))
        }
    }
}

/// Removes a stale socket file. Anything else at the path is an error, and stays.
fn make_way(address: &Address, path: &Path, in_use: io::Error) -> Result<()> {
    let found = occupant(path).map_err(|error| failed(address, hint(path, &error), error))?;
    match found {
        Occupant::Gone => Ok(()),
        Occupant::Live => Err(failed(
            address,
            Some("another process has this socket open, or may not be asked".to_owned()),
            in_use,
        )),
        Occupant::NoSocket(file_type) => Err(Error::new(
            ErrorKind::PathOccupied,
            format!(
                "could not listen on {address}: there is {} at that path, and it is left alone; \
                 move it away, or listen on another path",
                describe(file_type)
            ),
        )
        .because(in_use)),
        Occupant::Stale(file) => match file.unlink_if_same() {
            // If it is no longer the same, binding again finds out what is there now.
            Ok(_) => Ok(()),
            Err(error) => Err(failed(
                address,
                Some("the stale socket file there could not be removed".to_owned()),
                error,
            )),
        },
    }
}

/// Sets the mode of the file. bind(2) creates it with the mode of the socket without the bits of the umask, so it
/// never grants more than requested, and the missing bits are added before any client can connect.
fn open(kind: UnixKind, path: &Path, mode: Option<u32>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, kind.socket_type(), None)?;
    if let Some(mode) = mode {
        fchmod(&socket, Mode::from_bits_truncate(mode as libc::mode_t))?;
    }
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(mode) = mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(socket)
}

fn listening(kind: UnixKind, socket: Socket) -> io::Result<Socket> {
    if kind != UnixKind::Datagram {
        socket.listen(BACKLOG)?;
    }
    Ok(socket)
}

fn hint(path: &Path, error: &io::Error) -> Option<String> {
    let folder = path.parent().unwrap_or(path).display();
    Some(match error.raw_os_error()? {
        libc::ENOENT => format!("the directory {folder} does not exist"),
        libc::ENOTDIR => format!("{folder} is not a directory"),
        libc::EACCES | libc::EPERM => {
            format!("this user may not make files in the directory {folder}")
        }
        libc::EROFS => format!("the directory {folder} is on a read-only file system"),
        libc::EADDRINUSE => "another process was quicker to take this path".to_owned(),
        libc::EMFILE | libc::ENFILE => {
            "there is no free fd; raise the limit of open files (RLIMIT_NOFILE)".to_owned()
        }
        _ => return None,
    })
}

fn describe(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a directory"
    } else if file_type.is_symlink() {
        "a symbolic link"
    } else if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_file() {
        "a regular file"
    } else {
        "a device"
    }
}
