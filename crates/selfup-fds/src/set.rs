//! The fds that a master holds for its children.

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

/// Named fds, in order: bound once, and passed to one child after the other.
///
/// Every child gets the same open sockets, so that connections which wait to be accepted, and the
/// port that the kernel chose for port 0, outlive each of them. All fds are close-on-exec in this
/// process at all times; only [`spawn`](Self::spawn) lets a child have them.
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
    /// What it was bound to, if an address asked for it.
    address: Option<Address>,
}

impl FdSet {
    /// A set without fds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a socket to an address, or adopts an inherited fd for `fd://…`, and adds it.
    ///
    /// A new TCP socket listens at once, with `SO_REUSEADDR` and as long a queue as the kernel
    /// gives (`net.core.somaxconn`), and is blocking. The file of a Unix socket that nobody holds open any
    /// more is replaced; its mode is what the umask leaves. An adopted fd may be of any kind and
    /// stays as it is.
    ///
    /// If an inherited socket is bound to the very address already (and listens, where it is one
    /// that does), it is adopted instead of a new one: a socket unit of systemd may have it. With
    /// port 0 that is not so, since nobody can mean the same port by it.
    ///
    /// # Errors
    ///
    /// - [`InvalidName`](ErrorKind::InvalidName), [`DuplicateName`](ErrorKind::DuplicateName): a
    ///   name is printable ASCII without `:`, has 1 to 255 bytes, and is there once.
    /// - [`Resolve`](ErrorKind::Resolve): the host name has no address.
    /// - [`AddressInUse`](ErrorKind::AddressInUse): another socket has it, also a Unix socket that
    ///   some process holds open.
    /// - [`PathOccupied`](ErrorKind::PathOccupied): a file that is no socket is at the path. It is
    ///   not touched.
    /// - [`NotInherited`](ErrorKind::NotInherited): there is no such fd to adopt.
    /// - [`Bind`](ErrorKind::Bind): anything else that the operating system refuses.
    ///
    /// In each case the set is as it was.
    pub fn bind(&mut self, name: &str, address: &Address, inherited: &mut Inherited) -> Result<()> {
        let name = self.new_name(name)?;
        let Bound { fd, owner } = bind::bind(address, inherited)?;
        self.entries.push(Entry { name, fd, owner, address: Some(address.clone()) });
        Ok(())
    }

    /// Takes back a socket that an earlier process of this program has bound, and that came back
    /// as the inherited fd `kept_as`, from systemd's file descriptor store for one; says whether
    /// there was such a socket.
    ///
    /// One that is not what the address asks for (any port fits port 0) stays where it is: the
    /// configuration has changed since, and another address may ask for it. Unlike an adopted fd,
    /// it counts as bound by this set.
    ///
    /// # Errors
    ///
    /// As for [`bind`](Self::bind).
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
    /// Where the name is invalid or taken already. [`Error::into_fd`] gives the fd back.
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

    /// Binds anew each Unix socket of this set whose file is gone, since nobody can connect to it any
    /// more; the names of those, with what came of it.
    ///
    /// Children that have the old socket keep it, with the connections that wait in it; the next
    /// child gets the new one. A file that somebody else has put at the path is left alone.
    ///
    /// # Errors
    ///
    /// As for [`bind`](Self::bind), for each by itself. The old socket stays in the set then.
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

    /// How many fds there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names and fds, in the order in which a child gets them.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, BorrowedFd<'_>)> {
        self.entries.iter().map(|entry| (entry.name.as_str(), entry.fd.as_fd()))
    }

    /// Those that this set has bound itself or [taken back](Self::reclaim); the others belong to
    /// whoever passed them to this process.
    pub fn bound(&self) -> impl Iterator<Item = (&str, BorrowedFd<'_>)> {
        let ours = self.entries.iter().filter(|entry| matches!(entry.owner, Owner::Us { .. }));
        ours.map(|entry| (entry.name.as_str(), entry.fd.as_fd()))
    }

    /// One of the fds, by name or position.
    pub fn fd<'k>(&self, key: impl Into<Key<'k>>) -> Option<BorrowedFd<'_>> {
        match key.into() {
            Key::Name(name) => self.entries.iter().find(|entry| entry.name.as_str() == name),
            Key::Index(index) => self.entries.get(index),
        }
        .map(|entry| entry.fd.as_fd())
    }

    /// Where one of the sockets is bound, with the real port of port 0.
    ///
    /// There is nothing for a name that is not in the set, and for an fd that is no socket.
    pub fn local_address<'k>(&self, key: impl Into<Key<'k>>) -> Option<LocalAddress> {
        self.fd(key).and_then(LocalAddress::of)
    }

    /// The fds as if they had been inherited, for a program that serves in this process after all.
    ///
    /// The files of Unix sockets stay; nothing removes them later.
    #[must_use]
    pub fn into_inherited(self) -> Inherited {
        Inherited::holding(
            self.entries.into_iter().map(|entry| (entry.name.as_str().to_owned(), entry.fd)),
        )
    }

    /// Removes the files of the Unix sockets that this set has bound.
    ///
    /// To be called at the end of the process that owns the addresses, and by no other one: after
    /// it, nobody can connect any more, although the sockets are open. A file that somebody else
    /// has put at the path since then, known by its device, inode and time, is left alone. So are the
    /// files of adopted sockets, which belong to whoever bound them.
    ///
    /// # Errors
    ///
    /// The first failure, after all others have been tried.
    pub fn unlink_sockets(&self) -> Result<()> {
        self.socket_files().unlink()
    }

    /// Closes the fds, and keeps the files of Unix sockets for later.
    ///
    /// A process whose last child still serves lets go of its own fds first: when the child closes
    /// its own, clients are refused at once, instead of waiting in a queue that nobody reads.
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
