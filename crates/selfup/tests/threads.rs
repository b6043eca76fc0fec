//! Which of the public types may go to another thread, and be shared between threads.

use selfup::{
    Accepting, Address, Connection, End, Error, ErrorKind, Event, GracefulShutdown, Handle,
    Handover, Id, IdleGrace, Incoming, KillReason, Listener, Pid, Progress, Readiness, Refusal,
    RestartCause, Restarts, RollbackReason, Signal, SocketError, SocketErrorKind, State, Stream,
    Update, Updated, UpgradePolicy, Verbosity, Watchdog, fetch,
};

fn is_sent<T: Send>() {}
fn is_shared<T: Send + Sync>() {}

#[test]
fn what_a_program_has_in_its_hands_is_shared() {
    is_shared::<State>();
    is_shared::<Handle>();
    is_shared::<Listener>();
    is_shared::<Incoming<'_>>();
    is_shared::<Connection>();
    is_shared::<Stream>();
    is_shared::<GracefulShutdown>();
    is_shared::<Accepting>();
    is_shared::<IdleGrace>();
}

#[test]
fn values_are_shared() {
    is_shared::<Event>();
    is_shared::<Error>();
    is_shared::<ErrorKind>();
    is_shared::<KillReason>();
    is_shared::<RollbackReason>();
    is_shared::<RestartCause>();
    is_shared::<Updated>();
    is_shared::<Progress>();
    is_shared::<Refusal>();
    is_shared::<Id>();
    is_shared::<Pid>();
    is_shared::<Signal>();
    is_shared::<End>();
    is_shared::<Address>();
    is_shared::<SocketError>();
    is_shared::<SocketErrorKind>();
    is_shared::<Handover>();
    is_shared::<Readiness>();
    is_shared::<Restarts>();
    is_shared::<Verbosity>();
    is_shared::<Watchdog>();
    is_shared::<fetch::Error>();
    is_shared::<fetch::ErrorKind>();
    is_shared::<fetch::Digest>();
    is_shared::<fetch::Outcome>();
    is_shared::<fetch::Platform>();
}

/// Hooks are called by one thread at a time, so that these are sent, not shared. A `Config` is neither: its
/// program may capture what cannot leave `main`.
#[test]
fn what_holds_hooks_and_readers_is_sent() {
    is_sent::<UpgradePolicy>();
    is_sent::<Update>();
    is_sent::<fetch::RunningExecutable>();
    is_sent::<fetch::Artifact>();
    #[cfg(feature = "file")]
    is_sent::<fetch::File>();
    #[cfg(feature = "http")]
    is_sent::<fetch::Http>();
    #[cfg(feature = "github")]
    is_sent::<fetch::GitHub>();
    #[cfg(feature = "s3")]
    is_sent::<fetch::S3>();
}
