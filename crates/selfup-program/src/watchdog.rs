//! What has to be alive for a service manager's watchdog.

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
