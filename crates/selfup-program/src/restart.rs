//! The way of a request for a restart to the master, from wherever in this process it is made.

use std::sync::OnceLock;

static HANDLE: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// Installs what `selfup::restart` does in this process: in a child the message to its master, in a
/// master the message to its own loop. A process becomes master or child once; the first call counts.
pub fn install(ask: impl Fn() + Send + Sync + 'static) {
    let _first_stays = HANDLE.set(Box::new(ask));
}

/// Asks for a graceful restart, from the program or from the master's own process; with
/// `Config::no_restart`, for a graceful shutdown.
///
/// Returns at once. While a restart is under way, one more request waits for it. Returns whether
/// there is a master to ask: `false` where the program runs by itself.
pub fn restart() -> bool {
    HANDLE.get().map(|ask| ask()).is_some()
}
