//! A program's handle to its master: what the child is, and what it reports.

use std::{
    collections::BTreeSet,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use selfup_fds::Inherited;

use crate::{
    master_link::MasterLink, process::identity::Identity, readiness::Readiness, ready::Ready,
    serving::shutdown::GracefulShutdown,
};

/// A program's handle to its master, from [`State::handle`](crate::State::handle).
///
/// It can be cloned, and used from any thread or task. What it reports goes to the master; where the program
/// runs without one, [`ready`](Self::ready) goes to the service manager, and the rest is dropped.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    generation: u64,
    identity: Identity,
    started_at: SystemTime,
    /// The sockets that the program has not taken.
    sockets: Mutex<Inherited>,
    ready: Ready,
    link: Option<MasterLink>,
    drain: GracefulShutdown,
}

impl Handle {
    pub(crate) fn new(
        sockets: Inherited,
        generation: u64,
        identity: Identity,
        readiness: Readiness,
        link: Option<MasterLink>,
    ) -> Self {
        let shared = Shared {
            generation,
            identity,
            started_at: SystemTime::now(),
            ready: Ready::new(readiness, &sockets, link.clone()),
            sockets: Mutex::new(sockets),
            link,
            drain: GracefulShutdown::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether the program runs under a master. If not, nothing is restarted or upgraded, and
    /// [`graceful_shutdown`](Self::graceful_shutdown) is requested by signals alone, as
    /// `Config::drain_on_terminate` and [`Listener::drain_on_signals`](crate::Listener::drain_on_signals) have
    /// it.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// assert!(!state.enabled(), "nobody has started a master here");
    /// ```
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.shared.link.is_some()
    }

    /// The SHA-1 of the executable that runs, in 40 lower-case hexadecimal digits; empty if it cannot be read.
    /// It is that of the file that runs, even if another file has taken its path. The first call reads the whole
    /// file.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// assert_eq!(state.id().len(), 40);
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        self.shared.identity.id()
    }

    /// When the program was entered, by the wall clock.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// let uptime = state.started_at().elapsed().unwrap_or_default();
    /// # assert!(uptime.as_secs() < 60);
    /// ```
    #[must_use]
    pub fn started_at(&self) -> SystemTime {
        self.shared.started_at
    }

    /// The path of the program. While an upgrade is on trial, it is the path that the executable takes when it
    /// is committed, not that of the hidden file that runs.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// println!("running {}", state.bin_path().display());
    /// ```
    #[must_use]
    pub fn bin_path(&self) -> &Path {
        self.shared.identity.path()
    }

    /// The number of this child. The first child of a master is 1; without a master it is 0.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// assert_eq!(state.generation(), 0);
    /// ```
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation
    }

    /// The signal that this child is to drain: stop accepting, finish the requests under way, return.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// let shutdown = state.graceful_shutdown();
    /// assert!(!shutdown.requested());
    /// ```
    #[must_use]
    pub fn graceful_shutdown(&self) -> GracefulShutdown {
        self.shared.drain.asked_for().clone()
    }

    /// The same, where it is not the program that asks for it.
    pub(crate) fn drain(&self) -> &GracefulShutdown {
        &self.shared.drain
    }

    /// Reports that the program can serve. Only the first call has an effect. Sockets that the program has not
    /// taken are closed now, since nothing would accept their clients.
    ///
    /// With [`Readiness::Listening`](crate::Readiness::Listening) it need not be called where the
    /// program's waiting for clients is seen; see there.
    ///
    /// ```
    /// # let state = selfup::State::disabled();
    /// // With `Readiness::Explicit`, once the cache is warm:
    /// state.ready();
    /// ```
    pub fn ready(&self) {
        drop(std::mem::replace(&mut *self.sockets(), Inherited::none()));
        self.shared.ready.say();
    }

    /// Reports that the program is alive, for [`Watchdog::Program`](crate::Watchdog::Program). The call is one
    /// atomic store.
    ///
    /// Call it where the program would stop if it hung: in its event loop, or in each of its workers in turn.
    /// The pause between two calls must be no longer than half of the manager's time (`WatchdogSec=` in a unit
    /// of systemd).
    ///
    /// ```
    /// # let handle = selfup::State::disabled().handle();
    /// # let mut turns = 0..3;
    /// while turns.next().is_some() {
    ///     handle.alive();
    /// }
    /// ```
    pub fn alive(&self) {
        if let Some(link) = &self.shared.link {
            link.alive();
        }
    }

    /// Reports one line about what the program is doing, for people: it is shown in the status of the service,
    /// and reported to `Config::on_event`. It is cut at about 1,000 bytes. Of statuses that follow each other
    /// fast, the last one arrives.
    ///
    /// ```
    /// # let handle = selfup::State::disabled().handle();
    /// handle.status("12 sessions");
    /// ```
    pub fn status(&self, text: &str) {
        if let Some(link) = &self.shared.link {
            link.status(text);
        }
    }

    pub(crate) fn readiness(&self) -> Ready {
        self.shared.ready.clone()
    }

    pub(crate) fn link(&self) -> Option<MasterLink> {
        self.shared.link.clone()
    }

    pub(crate) fn socket_names(&self) -> Vec<String> {
        self.sockets().names().map(str::to_owned).collect()
    }

    /// Takes a socket, at which the program has to wait for clients from then on.
    pub(crate) fn take<T>(
        &self,
        take: impl FnOnce(&mut Inherited) -> Result<T, selfup_fds::Error>,
    ) -> Result<T, selfup_fds::Error> {
        let mut sockets = self.sockets();
        let taken = take(&mut sockets)?;
        let left: BTreeSet<usize> = sockets.iter().map(|(index, ..)| index).collect();
        drop(sockets);
        self.shared.ready.taken(&left);
        Ok(taken)
    }

    fn sockets(&self) -> MutexGuard<'_, Inherited> {
        self.shared.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("enabled", &self.enabled())
            .field("generation", &self.generation())
            .field("bin_path", &self.bin_path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Handle;

    #[test]
    fn it_goes_to_any_thread() {
        fn is_shared<T: Clone + Send + Sync + 'static>() {}
        is_shared::<Handle>();
    }
}
