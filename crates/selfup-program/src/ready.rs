//! When the program counts as ready: what it has reported, and at which sockets it waits for clients.

use std::{
    collections::BTreeSet,
    fmt,
    os::fd::BorrowedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use selfup_fds::{Inherited, Kind};

use crate::{
    master_link::MasterLink,
    notify::{Descriptor, Field, Notify},
    process::open_files::inode,
    readiness::Readiness,
};

/// What has to be before the program counts as ready.
#[derive(Clone)]
pub(crate) struct Ready {
    shared: Arc<Shared>,
}

struct Shared {
    condition: Readiness,
    sockets: Mutex<Vec<Socket>>,
    said: AtomicBool,
    link: Option<MasterLink>,
    /// The service manager, where there is no master to notify it.
    manager: Mutex<Option<Notify>>,
    descriptor: Mutex<Option<Descriptor>>,
}

struct Socket {
    name: String,
    /// `None` where no client can arrive: a file, a connection.
    inode: Option<u64>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not taken yet.
    Left,
    /// Taken, and nothing waits at it as far as is known.
    Taken,
    /// The program waits for clients at it.
    Served,
}

impl Ready {
    pub(crate) fn new(condition: Readiness, sockets: &Inherited, link: Option<MasterLink>) -> Self {
        let sockets = sockets.iter().map(|(_, name, fd)| Socket {
            name: name.to_owned(),
            inode: inode_to_wait_at(fd),
            stage: Stage::Left,
        });
        let shared = Shared {
            condition,
            sockets: Mutex::new(sockets.collect()),
            said: AtomicBool::new(false),
            link,
            manager: Mutex::default(),
            descriptor: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// For tests of what has to do with it.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self::new(Readiness::Explicit, &Inherited::none(), None)
    }

    /// The service manager that this process notifies itself.
    pub(crate) fn set_manager(&self, manager: Option<Notify>, descriptor: Option<Descriptor>) {
        *self.shared.manager.lock().unwrap_or_else(PoisonError::into_inner) = manager;
        *self.shared.descriptor.lock().unwrap_or_else(PoisonError::into_inner) = descriptor;
    }

    /// Reports that the program can serve. Later calls have no effect.
    pub(crate) fn say(&self) {
        if self.shared.said.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Some(link) = &self.shared.link {
            link.ready();
        }
        let descriptor =
            self.shared.descriptor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(descriptor) = descriptor {
            // One that has gone does not want to hear it.
            let _told = descriptor.ready();
        }
        let manager = self.shared.manager.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(manager) = manager {
            let status = "the program runs by itself, without restarts and upgrades".to_owned();
            // A manager that does not read has a timeout of its own.
            let fields = [Field::Ready, Field::Status(status)];
            let _told = manager.send_within(&fields, std::time::Duration::from_secs(1));
        }
    }

    /// The program is entered: one without sockets serves.
    pub(crate) fn entered(&self) {
        self.look();
    }

    /// The sockets at these positions have been taken, and not those that are left.
    pub(crate) fn taken(&self, left: &BTreeSet<usize>) {
        for (index, socket) in self.sockets().iter_mut().enumerate() {
            if socket.stage == Stage::Left && !left.contains(&index) {
                let nobody_can_wait = socket.inode.is_none();
                socket.stage = if nobody_can_wait { Stage::Served } else { Stage::Taken };
            }
        }
        self.look();
        self.wake();
    }

    /// The program waits for clients at the sockets with these inodes.
    pub(crate) fn waited_on(&self, inodes: &BTreeSet<u64>) {
        for socket in self.sockets().iter_mut().filter(|socket| socket.stage == Stage::Taken) {
            if socket.inode.is_some_and(|inode| inodes.contains(&inode)) {
                socket.stage = Stage::Served;
            }
        }
        self.look();
    }

    /// Whether to look at which sockets the program waits: nothing else is missing.
    pub(crate) fn is_to_be_seen(&self) -> bool {
        self.is_awaited()
            && self.shared.condition == Readiness::Listening
            && self.sockets().iter().all(|socket| socket.stage != Stage::Left)
    }

    /// What is missing, in one line; `None` if the program is ready.
    pub(crate) fn lacks(&self) -> Option<String> {
        if !self.is_awaited() {
            return None;
        }
        if self.shared.condition == Readiness::Explicit {
            return Some("the program has not called State::ready".into());
        }
        let sockets = self.sockets();
        let names = |stage: Stage| {
            let names = sockets.iter().filter(|socket| socket.stage == stage);
            names.map(|socket| format!("{:?}", socket.name)).collect::<Vec<_>>().join(", ")
        };
        let (left, taken) = (names(Stage::Left), names(Stage::Taken));
        let left = (!left.is_empty()).then(|| {
            format!(
                "the program has not taken {left}: take it, drop it from the configuration, or \
                 call State::ready"
            )
        });
        let taken = (!taken.is_empty()).then(|| {
            format!(
                "the program has taken {taken} and does not accept there yet: if it is served by \
                 other means than selfup's, call State::ready when it is"
            )
        });
        let all: Vec<String> = left.into_iter().chain(taken).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// The program accepts from the socket at this position.
    fn accepts(&self, index: usize) {
        if let Some(socket) = self.sockets().get_mut(index) {
            socket.stage = Stage::Served;
        }
        self.look();
        self.wake();
    }

    fn look(&self) {
        let serves = self.shared.condition == Readiness::Listening
            && self.sockets().iter().all(|socket| socket.stage == Stage::Served);
        if serves {
            self.say();
        }
    }

    fn is_awaited(&self) -> bool {
        !self.shared.said.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        if let Some(link) = self.shared.link.as_ref().filter(|_| self.is_awaited()) {
            link.wake();
        }
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<Socket>> {
        self.shared.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A descriptor at which clients arrive.
fn inode_to_wait_at(fd: BorrowedFd<'_>) -> Option<u64> {
    let waits = matches!(
        Kind::of(fd),
        Kind::TcpListener
            | Kind::UdpSocket
            | Kind::UnixListener
            | Kind::UnixDatagram
            | Kind::UnixSeqpacketListener
            | Kind::OtherSocket
    );
    waits.then(|| inode(fd)).flatten()
}

/// Reports for one listener that its clients are accepted from now on. From
/// [`Listener::accepting`](crate::Listener::accepting).
///
/// [`Listener::accept`](crate::Listener::accept) reports it by itself, and so do the servers of `selfup-tokio`
/// and `selfup-actix`. This is for a program that takes the socket out of its listener and serves it in another
/// way. [`State::ready`](crate::State::ready) reports it for all sockets at once.
///
/// ```no_run
/// # fn serve(_: std::net::TcpListener) {}
/// # fn program(state: selfup::State) -> Result<(), selfup::Listener> {
/// let listener = state.take_listener();
/// let accepting = listener.accepting();
/// let socket = listener.into_tcp()?;
/// // … what has to come before the first client …
/// accepting.begin();
/// serve(socket);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accepting {
    ready: Option<(Ready, usize)>,
    begun: Arc<AtomicBool>,
}

impl Accepting {
    /// For the socket at this position.
    pub(crate) fn new(ready: Ready, index: usize) -> Self {
        Self { ready: Some((ready, index)), begun: Arc::default() }
    }

    /// For a socket without a report.
    pub(crate) fn of_nothing() -> Self {
        Self { ready: None, begun: Arc::default() }
    }

    /// Reports that the program accepts from the socket now, or is about to. Later calls are one atomic load.
    pub fn begin(&self) {
        if self.begun.load(Ordering::Relaxed) || self.begun.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some((ready, index)) = &self.ready {
            ready.accepts(*index);
        }
    }

    /// Counts a connection until the value is dropped: `status` on the control socket shows how many connections a
    /// child still has.
    ///
    /// [`Connection`](crate::Connection) counts itself, and so do the servers of `selfup-tokio` and `selfup-actix`. The
    /// master learns of the number within a quarter of a second.
    #[must_use = "it counts until it is dropped"]
    pub fn connection(&self) -> CountedConnection {
        let link = self.ready.as_ref().and_then(|(ready, _)| ready.shared.link.clone());
        if let Some(link) = &link {
            link.connected();
        }
        CountedConnection { link }
    }
}

/// A connection that the master knows of until this is dropped. From [`Accepting::connection`].
pub struct CountedConnection {
    link: Option<MasterLink>,
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.disconnected();
        }
    }
}

impl fmt::Debug for CountedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedConnection").finish_non_exhaustive()
    }
}

impl fmt::Debug for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").field("lacks", &self.lacks()).finish_non_exhaustive()
    }
}
