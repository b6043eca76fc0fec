//! The listening socket: its file, its mode, and the lock that shows whose it is.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{Flock, FlockArg},
    sys::socket::{Backlog, UnixAddr, bind, listen},
};

use crate::{
    error::{Error, ErrorKind, Result},
    place, sys,
};

/// How many times another process may come first between the lock and the look at its file.
const ATTEMPTS: u32 = 8;

const BACKLOG: i32 = 64;

/// The control socket of a service, which no client has reached yet.
///
/// A lock on a file beside it shows that the service lives. The socket of a service that has died is therefore
/// recognised and replaced.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    path: PathBuf,
    lock_path: PathBuf,
    lock: Flock<File>,
}

impl Socket {
    /// Opens the control socket of the service of this name, at [`to_bind`](crate::to_bind).
    ///
    /// # Errors
    ///
    /// Another service of this name runs, or the socket cannot be opened.
    pub fn open(name: &str) -> Result<Self> {
        Self::open_at(&place::to_bind(name)?)
    }

    /// Opens the control socket at this path.
    ///
    /// # Errors
    ///
    /// Another service holds it, or it cannot be opened.
    pub fn open_at(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            let what = format!("could not open the control socket {}", path.display());
            Error::new(ErrorKind::Place, what).because(error)
        };
        let lock_path = path.with_extension("lock");
        let lock = lock(&lock_path).map_err(failed)?.ok_or_else(|| {
            let what = format!(
                "could not open the control socket {}: another service of that name runs; give one of them \
                 another name",
                path.display()
            );
            Error::new(ErrorKind::Taken, what)
        })?;
        // With the lock held, the socket of no service that lives can be there.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = listen_at(path).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), lock_path, lock })
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the files. The lock is held until they are gone.
    pub(super) fn remove(self) {
        // What stays is recognised as stale.
        let _removed = fs::remove_file(&self.path);
        let _removed = fs::remove_file(&self.lock_path);
        drop(self.lock);
    }
}

/// The mode is set before anybody can connect.
fn listen_at(path: &Path) -> io::Result<UnixListener> {
    let fd = sys::stream_socket()?;
    bind(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listen(&fd, Backlog::new(BACKLOG)?)?;
    Ok(UnixListener::from(fd))
}

/// Locks the file, or returns `None` if another process has locked it.
fn lock(path: &Path) -> io::Result<Option<Flock<File>>> {
    for _ in 0..ATTEMPTS {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.custom_flags(nix::libc::O_NOFOLLOW).open(path)?;
        let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, errno)) => return Err(errno.into()),
        };
        // The process that held it may have removed the file.
        let ours = lock.metadata()?;
        if fs::metadata(path)
            .is_ok_and(|there| there.ino() == ours.ino() && there.dev() == ours.dev())
        {
            return Ok(Some(lock));
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn only_one_service_has_a_name_and_a_stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.sock");
        let first = Socket::open_at(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = Socket::open_at(&path).unwrap_err();
        assert_eq!(second.kind(), ErrorKind::Taken);
        assert!(second.to_string().contains("another service of that name runs"), "{second}");
        UnixStream::connect(&path).unwrap();
        // As if its process had died: the files stay.
        drop(first);
        assert!(path.exists() && UnixStream::connect(&path).is_err());
        let third = Socket::open_at(&path).unwrap();
        UnixStream::connect(&path).unwrap();
        third.remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
