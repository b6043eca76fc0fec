//! How a request for a restart reaches the master, from anywhere in this process.

use std::sync::OnceLock;

static HANDLE: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// Installs what [`restart`] does in this process: in a child it sends the message to the master, in a
/// master it queues the message for the loop. A process becomes master or child once; the first call counts.
pub fn install(ask: impl Fn() + Send + Sync + 'static) {
    let _first_stays = HANDLE.set(Box::new(ask));
}

/// Asks the master for a graceful restart, as the restart signal does. With `Restarts::Never`, that is a
/// graceful shutdown.
///
/// It may be called anywhere in the child, and in a hook that runs in the master. It returns at once, before
/// the new child is started. While a restart is under way, one further request is kept; more have no effect.
///
/// Returns whether there is a master to ask: `false` where the program runs by itself, or before
/// `selfup::run`.
///
/// ```
/// let is_asked = selfup::restart();
/// assert!(!is_asked, "there is no master here");
/// ```
#[doc(alias = "Restart")]
pub fn restart() -> bool {
    HANDLE.get().map(|ask| ask()).is_some()
}
