//! Taking over the fds that were passed to this process.

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

/// The fds that this process was given at its start, and that nobody has taken yet.
///
/// They are taken out one by one, as what they are; what is left is closed on drop. Drop it once
/// the program has what it needs: a listener that nobody takes still queues connections, and
/// their clients would wait for an answer for ever.
///
/// # Blocking or not
///
/// Whether an fd blocks (`O_NONBLOCK`) is a property of the open socket, not of one process's
/// copy: parent, children of the past and children to come all share it. What is taken out is
/// blocking, as the standard library's users expect. A program for an event loop says
/// [`nonblocking(true)`](Self::nonblocking) first, and then the flag never goes off, not even for
/// an instant, in which an older generation that still accepts could get stuck. Generations that
/// overlap have to agree on the mode.
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
    /// Nothing once it has been taken; the entry stays, so that positions do.
    fd: Option<OwnedFd>,
}

/// Whether this process has taken what its environment offered. The environment cannot tell: in
/// some cases the variables stay.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Inherited {
    /// No fds at all, for a program that is not given any.
    #[must_use]
    pub fn none() -> Self {
        Self::holding([])
    }

    /// Takes over what `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` offer to this process.
    ///
    /// Call it first thing in `main`, before a thread is started or a file opened. All fds become
    /// close-on-exec at once. The variables (`LISTEN_PIDFDID` too) are removed from the
    /// environment whatever the outcome, so that no grandchild takes them for its own. The one
    /// exception: while other threads run, the environment cannot be changed without a data race
    /// with C code, and the variables stay. They are void by then, as `LISTEN_PID` is the pid of
    /// this process and of no other.
    ///
    /// Only the first call in a process finds anything; each later one gives the empty set. So
    /// does the first, if the variables are missing or were meant for another process.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`](crate::ErrorKind::InvalidVariable), naming the variable and its value,
    /// where they are malformed, or count an fd that is not open or was opened by this process
    /// itself, which shows in its being close-on-exec already. No fd is touched then.
    ///
    /// # Platform
    ///
    /// Whether other threads run is read from `/proc/self/task`. Without it, the answer is
    /// taken to be yes.
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

    /// Says in which mode sockets are taken out; the default is blocking.
    ///
    /// It concerns the typed `take_*` functions. [`take_fd`](Self::take_fd) never changes the
    /// mode.
    #[must_use]
    pub fn nonblocking(mut self, nonblocking: bool) -> Self {
        self.nonblocking = nonblocking;
        self
    }

    /// The names of the fds that are left, in order. Several may have the same one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(_, name, _)| name)
    }

    /// Position, name and fd of each that is left, in order.
    ///
    /// The position is the one the fd arrived at, and does not change when others are taken.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str, BorrowedFd<'_>)> {
        self.entries.iter().enumerate().filter_map(|(index, entry)| {
            entry.fd.as_ref().map(|fd| (index, entry.name.as_str(), fd.as_fd()))
        })
    }

    /// How many fds are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of the fds that are left, without taking it.
    pub fn fd<'k>(&self, key: impl Into<Key<'k>>) -> Option<BorrowedFd<'_>> {
        let index = self.position(key.into())?;
        self.entries[index].fd.as_ref().map(AsFd::as_fd)
    }

    /// What one of the fds that are left is, to decide how to take it.
    pub fn kind<'k>(&self, key: impl Into<Key<'k>>) -> Option<Kind> {
        self.fd(key).map(Kind::of)
    }

    /// Where one of the sockets that are left is bound.
    pub fn local_address<'k>(&self, key: impl Into<Key<'k>>) -> Option<LocalAddress> {
        self.fd(key).and_then(LocalAddress::of)
    }

    /// The position of an fd that is left.
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
