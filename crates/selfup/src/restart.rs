use std::sync::OnceLock;

use crate::{child::Voice, master::Mailbox};

static WAY: OnceLock<Way> = OnceLock::new();

/// How a request for a restart gets to the master.
#[derive(Debug)]
pub(crate) enum Way {
    Child(Voice),
    Master(Mailbox),
}

impl From<Voice> for Way {
    fn from(voice: Voice) -> Self {
        Self::Child(voice)
    }
}

impl From<Mailbox> for Way {
    fn from(mailbox: Mailbox) -> Self {
        Self::Master(mailbox)
    }
}

/// Sets the way for this process.
pub(crate) fn through(way: impl Into<Way>) {
    // A process becomes master or child once.
    let _first_stays = WAY.set(way.into());
}

/// Asks for a graceful restart, from the program or from the master's own process; with
/// [`Config::no_restart`](crate::Config::no_restart), for a graceful shutdown.
///
/// Returns at once. While a restart is under way, one more request waits for it. Says whether
/// there is a master to ask: `false` where the overseer does not run.
pub fn restart() -> bool {
    match WAY.get() {
        Some(Way::Child(voice)) => voice.restart(),
        Some(Way::Master(mailbox)) => mailbox.restart(),
        None => return false,
    }
    true
}
