/// In which order the old and the new child take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handover {
    /// The new child is ready before the old one is told to finish: somebody accepts at every
    /// moment. Both run at the same time for a while.
    #[default]
    Overlap,
    /// The old child finishes and exits before the new one starts, for programs that cannot run
    /// twice at once. New connections wait in the kernel's queue meanwhile.
    Sequential,
}

/// When a child counts as ready to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When the program has taken its last socket; without sockets, when it is entered.
    #[default]
    Listening,
    /// When the program calls [`State::ready`](crate::State::ready). For programs that have something to load first.
    Explicit,
}

/// What has to be alive for a service manager to be told that the service is.
///
/// It matters where the manager asks for it (`WatchdogSec=` in a unit of systemd), and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watchdog {
    /// The master: its loop turns.
    #[default]
    Master,
    /// The process that serves, too: a thread of it answers the master. One that was stopped, or
    /// does not get any time, does not.
    Child,
    /// The program, too: it calls [`State::alive`](crate::State::alive) again and again.
    Program,
}
