//! The type [`Inherited`]: the fds that were passed to this process.

mod adopt;
mod take;

use std::ffi::OsString;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use crate::key::Key;
use crate::kind::Kind;
use crate::local_address::LocalAddress;
use crate::offer::{LISTEN_FDNAMES, LISTEN_FDS, LISTEN_PID, Offer, VARIABLES};
use crate::sys;

/// The fds that were passed to this process, and have not been taken yet.
///
/// They are taken out one by one, with their type. The rest is closed on drop. Drop it once the program has what it
/// needs: a listener that is not taken still queues connections, whose clients would wait for ever.
///
/// # Blocking or not
///
/// Whether an fd blocks (`O_NONBLOCK`) is a property of the open socket, not of one process's copy: the parent and
/// all its children share it. Sockets are taken out in blocking mode, as users of the standard library expect. A
/// program with an event loop calls [`nonblocking(true)`](Self::nonblocking) first. The flag is then never cleared,
/// not even for an instant, in which an older generation that still accepts could block. Generations that overlap
/// have to use the same mode.
///
/// # Examples
///
/// ```no_run
/// use selfup_fds::Inherited;
///
/// let mut inherited = Inherited::from_env()?;
/// let listener = inherited.take_tcp_listener("http")?;
/// drop(inherited);
/// for connection in listener.incoming() {
///     println!("hello {}", connection?.peer_addr()?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Inherited {
    entries: Vec<Entry>,
    nonblocking: bool,
}

struct Entry {
    name: String,
    /// `None` once it has been taken. The entry stays, so that positions do not change.
    fd: Option<OwnedFd>,
}

/// Whether this process has adopted the fds of its environment. The environment does not show it, because in some
/// cases the variables stay.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Inherited {
    /// Creates an empty set, for a program that inherits nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::holding([])
    }

    /// Takes over the fds that `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` offer to this process.
    ///
    /// Call it first in `main`, before a thread is started or a file opened. All fds become close-on-exec at
    /// once. The variables (`LISTEN_PIDFDID` too) are removed from the environment in any case, so that no
    /// grandchild takes them for its own. The only exception: while other threads run, the environment cannot
    /// be changed without a data race with C code, and the variables stay. They are harmless, because
    /// `LISTEN_PID` is the pid of this process.
    ///
    /// Only the first call in a process returns fds. Each later one returns an empty set, and so does the
    /// first if the variables are missing or meant for another process.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`](crate::ErrorKind::InvalidVariable), with the variable and its value, if they are
    /// malformed, or count an fd that is not open, or that this process has opened itself, which shows by its
    /// being close-on-exec already. No fd is changed then.
    ///
    /// # Platform
    ///
    /// Whether other threads run is read from `/proc/self/task`. Without it, other threads are assumed.
    #[expect(clippy::disallowed_methods, reason = "these are the variables that are consumed here")]
    pub fn from_env() -> Result<Self> {
        if TAKEN.swap(true, Ordering::AcqRel) {
            return Ok(Self::none());
        }
        let [pid, fds, names]: [Option<OsString>; 3] =
            [LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES].map(std::env::var_os);
        sys::environment::remove_if_alone(&VARIABLES);
        let offer =
            Offer::parse(pid.as_deref(), fds.as_deref(), names.as_deref(), std::process::id())?;
        adopt::all(&offer)
    }

    pub(crate) fn holding(fds: impl IntoIterator<Item = (String, OwnedFd)>) -> Self {
        let entries = fds.into_iter().map(|(name, fd)| Entry { name, fd: Some(fd) }).collect();
        Self { entries, nonblocking: false }
    }

    /// Sets the mode in which sockets are taken out. The default is blocking.
    ///
    /// It applies to the typed `take_*` functions. [`take_fd`](Self::take_fd) never changes the mode.
    #[must_use]
    pub fn nonblocking(mut self, nonblocking: bool) -> Self {
        self.nonblocking = nonblocking;
        self
    }

    /// Lists the names of the fds that are left, in order. Several may have the same one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(_, name, _)| name)
    }

    /// Lists position, name and fd of each fd that is left, in order.
    ///
    /// The position does not change when other fds are taken.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str, BorrowedFd<'_>)> {
        self.entries.iter().enumerate().filter_map(|(index, entry)| {
            entry.fd.as_ref().map(|fd| (index, entry.name.as_str(), fd.as_fd()))
        })
    }

    /// Returns the number of fds that are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether no fd is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns one of the fds that are left, without taking it.
    pub fn fd<'k>(&self, key: impl Into<Key<'k>>) -> Option<BorrowedFd<'_>> {
        let index = self.position(key.into())?;
        self.entries[index].fd.as_ref().map(AsFd::as_fd)
    }

    /// Returns the kind of one of the fds that are left, to decide how to take it.
    pub fn kind<'k>(&self, key: impl Into<Key<'k>>) -> Option<Kind> {
        self.fd(key).map(Kind::of)
    }

    /// Returns the address of one of the sockets that are left.
    pub fn local_address<'k>(&self, key: impl Into<Key<'k>>) -> Option<LocalAddress> {
        self.fd(key).and_then(LocalAddress::of)
    }

    /// Returns the position of an fd that is left.
    fn position(&self, key: Key<'_>) -> Option<usize> {
        self.iter()
            .find(|(index, name, _)| match key {
                Key::Name(wanted) => *name == wanted,
                Key::Index(wanted) => *index == wanted,
            })
            .map(|(index, ..)| index)
    }
}

impl Default for Inherited {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Inherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(_, name, fd)| (name, fd))).finish()
    }
}
