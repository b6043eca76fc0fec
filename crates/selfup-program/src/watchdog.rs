//! What has to be alive for a service manager's watchdog.

/// What has to be alive for the master to report to the service manager that the service is.
///
/// It has an effect only where the manager asks for the report (`WatchdogSec=` in a unit of systemd).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Watchdog {
    /// The master: its loop turns. This is the default, because it needs nothing of the program.
    #[default]
    Master,
    /// The child that serves, too: a thread of it responds to the master. A process that was stopped, or gets no
    /// processor time, does not respond.
    Child,
    /// The program, too: it calls [`State::alive`](crate::State::alive) again and again.
    Program,
}
