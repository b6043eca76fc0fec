use std::{io, thread, time::Duration};

use selfup_signals::{Blocked, End, Signal};

use super::Voice;
use crate::{
    GracefulShutdown,
    control::{FromMaster, Incoming},
};

/// Starts the thread that hears the master, and turns what it says into `drain`.
///
/// It sleeps in the kernel until the master speaks or dies. Every signal is blocked in it, so that
/// the program's own threads get them.
pub(super) fn listen_to_master(
    voice: Voice,
    drain: GracefulShutdown,
    terminate_timeout: Duration,
) -> io::Result<()> {
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-control".into()).stack_size(STACK).spawn(move || {
        hear(&voice, &drain);
        drain.request();
        // Nobody is left to end a program that does not finish.
        thread::park_timeout(terminate_timeout);
        End::Signaled { signal: Signal::KILL, core_dumped: false }.mirror()
    })?;
    drop(blocked);
    Ok(())
}

/// The thread calls nothing deep.
const STACK: usize = 64 * 1024;

/// Returns when the master is gone.
fn hear(voice: &Voice, drain: &GracefulShutdown) {
    loop {
        match voice.channel().wait() {
            Ok(Incoming::Message(FromMaster::Drain)) => drain.request(),
            Ok(Incoming::Message(FromMaster::Ask)) => voice.asked(),
            Ok(Incoming::Message(FromMaster::End)) => {
                End::Signaled { signal: Signal::TERM, core_dumped: false }.mirror();
            }
            // A later master may say more; this child does what it knows.
            Ok(Incoming::Message(FromMaster::Unknown(_)) | Incoming::Malformed) => {}
            Ok(Incoming::Nothing) => {}
            Ok(Incoming::Closed) | Err(_) => return,
        }
    }
}
