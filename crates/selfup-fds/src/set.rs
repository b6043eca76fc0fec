//! The type [`FdSet`]: the fds that a master holds for its children.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::address::Address;
use crate::bind::{self, Bound, Owner};
use crate::close_on_exec;
use crate::error::{Error, ErrorKind, Result};
use crate::inherit::Inherited;
use crate::key::Key;
use crate::local_address::LocalAddress;
use crate::name::Name;
use crate::socket_files::SocketFiles;

/// Named fds, in order, which are bound once and passed to one child after the other.
///
/// Every child gets the same open sockets, so connections that wait to be accepted, and the port that the kernel
/// chose for port 0, outlive each child. All fds are close-on-exec in this process at all times; only
/// [`spawn`](Self::spawn) passes them to a child.
///
/// Dropping the set closes the fds, and leaves the files of Unix sockets in place: the set may
/// exist in more than one process, and only one of them knows that it is the last. That one calls
/// [`unlink_sockets`](Self::unlink_sockets).
///
/// # Examples
///
/// ```
/// use selfup_fds::{FdSet, Inherited};
/// use std::process::Command;
///
/// let mut fds = FdSet::new();
/// fds.bind("http", &"127.0.0.1:0".parse()?, &mut Inherited::none())?;
/// println!("listening on {}", fds.local_address("http").unwrap());
///
/// let mut child = fds.spawn(Command::new("sh").args(["-c", r#"test "$LISTEN_PID" = $$"#]))?;
/// assert!(child.wait()?.success());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct FdSet {
    entries: Vec<Entry>,
}

struct Entry {
    name: Name,
    fd: OwnedFd,
    owner: Owner,
    /// The address to which it was bound, if there was one.
    address: Option<Address>,
}

impl FdSet {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a socket to an address, or adopts an inherited fd for `fd://…`, and adds it.
    ///
    /// A new TCP socket listens at once, with `SO_REUSEADDR` and the longest queue that the kernel allows
    /// (`net.core.somaxconn`), and is blocking. The file of a Unix socket that no process holds open is
    /// replaced; its mode follows from the umask. An adopted fd may be of any kind, and is not changed.
    ///
    /// If an inherited socket is bound to this address already (and listens, if its type does), it is adopted
    /// instead of a new one: a socket unit of systemd may have passed it. This does not apply to port 0, which
    /// names no specific port.
    ///
    /// # Errors
    ///
    /// - [`InvalidName`](ErrorKind::InvalidName), [`DuplicateName`](ErrorKind::DuplicateName): a name has to
    ///   be printable ASCII without `:`, of 1 to 255 bytes, and unique.
    /// - [`Resolve`](ErrorKind::Resolve): the host name has no address.
    /// - [`AddressInUse`](ErrorKind::AddressInUse): another socket has it, or another process holds the Unix
    ///   socket open.
    /// - [`PathOccupied`](ErrorKind::PathOccupied): a file that is not a socket is at the path. It stays.
    /// - [`NotInherited`](ErrorKind::NotInherited): there is no such fd to adopt.
    /// - [`Bind`](ErrorKind::Bind): another error of the operating system.
    ///
    /// In each case the set is unchanged.
    pub fn bind(&mut self, name: &str, address: &Address, inherited: &mut Inherited) -> Result<()> {
        let name = self.new_name(name)?;
        let Bound { fd, owner } = bind::bind(address, inherited)?;
        self.entries.push(Entry { name, fd, owner, address: Some(address.clone()) });
        Ok(())
    }

    /// Takes back a socket that an earlier process of this program has bound, and that was inherited as
    /// `kept_as`, from systemd's file descriptor store for example. Returns whether there was such a socket.
    ///
    /// A socket that does not match the address (any port matches port 0) stays inherited: the configuration has
    /// changed since, and another address may match. Unlike an adopted fd, a socket that is taken back counts as
    /// bound by this set.
    ///
    /// # Errors
    ///
    /// Those of [`bind`](Self::bind).
    pub fn reclaim(
        &mut self,
        name: &str,
        address: &Address,
        inherited: &mut Inherited,
        kept_as: &str,
    ) -> Result<bool> {
        let name = self.new_name(name)?;
        let Some(Bound { fd, owner }) = bind::reclaim(address, inherited, kept_as)? else {
            return Ok(false);
        };
        self.entries.push(Entry { name, fd, owner, address: Some(address.clone()) });
        Ok(true)
    }

    /// Adds any open fd: a pipe, a file, a connected socket. It becomes close-on-exec.
    ///
    /// # Errors
    ///
    /// The name is invalid or used already. [`Error::into_fd`] returns the fd.
    pub fn insert(&mut self, name: &str, fd: OwnedFd) -> Result<()> {
        let name = match self.new_name(name) {
            Ok(name) => name,
            Err(error) => return Err(error.giving_back(fd)),
        };
        if let Err(errno) = close_on_exec::set(fd.as_fd()) {
            let message = format!("could not make the fd {:?} close-on-exec", name.as_str());
            return Err(Error::new(ErrorKind::Descriptor, message).because(errno).giving_back(fd));
        }
        self.entries.push(Entry { name, fd, owner: Owner::Others, address: None });
        Ok(())
    }

    /// Binds each Unix socket of this set again whose file was removed, because no client can connect to it any
    /// more. Returns the names of these sockets, with the results.
    ///
    /// Children that have the old socket keep it, with the connections that wait in it. The next child gets
    /// the new one. A file that another process has put at the path is left alone.
    ///
    /// # Errors
    ///
    /// Those of [`bind`](Self::bind), for each socket. The old socket stays in the set then.
    pub fn rebind_missing(&mut self) -> Vec<(String, Result<()>)> {
        let missing = self.entries.iter_mut().filter(|entry| entry.has_lost_its_file());
        missing.map(|entry| (entry.name.as_str().to_owned(), entry.rebind())).collect()
    }

    fn new_name(&self, name: &str) -> Result<Name> {
        let name = Name::parse(name)?;
        if self.entries.iter().any(|entry| entry.name == name) {
            let message = format!("could not name two fds {:?}", name.as_str());
            return Err(Error::new(ErrorKind::DuplicateName, message));
        }
        Ok(name)
    }

    /// Returns the number of fds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Lists the names and fds, in the order in which a child gets them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, BorrowedFd<'_>)> {
        self.entries.iter().map(|entry| (entry.name.as_str(), entry.fd.as_fd()))
    }

    /// Lists the fds that this set has bound itself or [taken back](Self::reclaim). The others were passed to this
    /// process.
    pub fn bound(&self) -> impl Iterator<Item = (&str, BorrowedFd<'_>)> {
        let ours = self.entries.iter().filter(|entry| matches!(entry.owner, Owner::Us { .. }));
        ours.map(|entry| (entry.name.as_str(), entry.fd.as_fd()))
    }

    /// Returns one of the fds, by name or position.
    pub fn fd<'k>(&self, key: impl Into<Key<'k>>) -> Option<BorrowedFd<'_>> {
        match key.into() {
            Key::Name(name) => self.entries.iter().find(|entry| entry.name.as_str() == name),
            Key::Index(index) => self.entries.get(index),
        }
        .map(|entry| entry.fd.as_fd())
    }

    /// Returns the address of one of the sockets, with the real port for port 0.
    ///
    /// It is `None` for a name that is not in the set, and for an fd that is not a socket.
    pub fn local_address<'k>(&self, key: impl Into<Key<'k>>) -> Option<LocalAddress> {
        self.fd(key).and_then(LocalAddress::of)
    }

    /// Converts the fds into inherited ones, for a program that serves in this process after all.
    ///
    /// The files of Unix sockets stay, and are not removed later.
    #[must_use]
    pub fn into_inherited(self) -> Inherited {
        Inherited::holding(
            self.entries.into_iter().map(|entry| (entry.name.as_str().to_owned(), entry.fd)),
        )
    }

    /// Removes the files of the Unix sockets that this set has bound.
    ///
    /// Call this at the end of the process that owns the addresses, and in no other process: after it no client
    /// can connect any more, although the sockets are open. A file that another process has put at the path
    /// since, recognised by its device, inode and time, is left alone. So are the files of adopted sockets.
    ///
    /// # Errors
    ///
    /// The first error, after all others have been tried.
    pub fn unlink_sockets(&self) -> Result<()> {
        self.socket_files().unlink()
    }

    /// Closes the fds, and returns the files of Unix sockets, to be removed later.
    ///
    /// A process whose last child still serves should close its own fds first: when the child closes its
    /// copies, clients are refused at once, instead of waiting in a queue that no process reads.
    #[must_use]
    pub fn close(self) -> SocketFiles {
        self.socket_files()
    }

    fn socket_files(&self) -> SocketFiles {
        let files = self.entries.iter().filter_map(|entry| match &entry.owner {
            Owner::Us { file } => file.clone(),
            Owner::Others => None,
        });
        SocketFiles::new(files.collect())
    }
}

impl Entry {
    fn has_lost_its_file(&self) -> bool {
        matches!(&self.owner, Owner::Us { file: Some(file) } if !file.is_there())
    }

    fn rebind(&mut self) -> Result<()> {
        let Some(address) = &self.address else { return Ok(()) };
        let Bound { fd, owner } = bind::bind(address, &mut Inherited::none())?;
        (self.fd, self.owner) = (fd, owner);
        Ok(())
    }
}

impl fmt::Debug for FdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
