//! What the child says to its master.

mod bell;
#[cfg(test)]
mod models;
mod sync;
mod tally;
mod unsent;

use std::{
    fmt, io,
    os::fd::AsFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use selfup_channel::{ChildEnd, FromChild, VERSION};

use bell::Bell;
use tally::Tally;
use unsent::Unsent;

use crate::{options::Options, watchdog::Watchdog};

/// The child's end of the control channel: what the child says goes through it.
///
/// Nothing blocks here. A message for which there is no room, because the master does not read, is sent later
/// by the control thread. A master that cannot be reached is no error here: the control thread notices that.
#[derive(Clone)]
pub(crate) struct MasterLink {
    shared: Arc<Shared>,
}

struct Shared {
    channel: ChildEnd,
    unsent: Mutex<Unsent>,
    bell: Bell,
    connections: Tally,
    /// Whether the program has reported that it is alive since the master asked last; `None` if it need not.
    program_alive: Option<AtomicBool>,
}

impl MasterLink {
    /// Connects to the master, and sends the first message.
    ///
    /// # Errors
    ///
    /// There are no descriptors left for a pipe.
    pub(crate) fn new(channel: ChildEnd, options: &Options) -> io::Result<Self> {
        let program_alive = (options.watchdog == Watchdog::Program).then(|| AtomicBool::new(false));
        let (unsent, bell, connections) = (Mutex::default(), Bell::new()?, Tally::default());
        let shared = Shared { channel, unsent, bell, connections, program_alive };
        let link = Self { shared: Arc::new(shared) };
        let program = options.version.clone();
        link.say(FromChild::Hello { version: VERSION, program });
        for key in &options.keys {
            link.say(FromChild::TrustsKey(key.clone()));
        }
        Ok(link)
    }

    /// Reports that the program can serve.
    pub(crate) fn ready(&self) {
        self.say(FromChild::Ready);
    }

    /// Reports what the program waits for before it can serve.
    pub(crate) fn not_ready(&self, why: String) {
        self.say(FromChild::NotReady(why));
    }

    /// Notes that the program is alive.
    pub(crate) fn alive(&self) {
        if let Some(alive) = &self.shared.program_alive {
            alive.store(true, Ordering::Relaxed);
        }
    }

    /// Responds to the master, which asks whether this child is alive.
    pub(crate) fn asked(&self) {
        let alive = self.shared.program_alive.as_ref();
        if alive.is_none_or(|alive| alive.swap(false, Ordering::Relaxed)) {
            self.say(FromChild::Alive);
        }
    }

    pub(crate) fn restart(&self) {
        self.say(FromChild::Restart);
    }

    pub(crate) fn status(&self, text: &str) {
        self.say(FromChild::Status(text.to_owned()));
    }

    /// The program has one more connection.
    pub(crate) fn connected(&self) {
        if self.shared.connections.add() {
            self.wake();
        }
    }

    /// The program has one connection less.
    pub(crate) fn disconnected(&self) {
        if self.shared.connections.subtract() {
            self.wake();
        }
    }

    /// Whether the number of connections has changed since it was reported.
    pub(crate) fn has_other_connections(&self) -> bool {
        self.shared.connections.has_changed()
    }

    /// Reports the number of connections, if it has changed.
    pub(crate) fn report_connections(&self) {
        if let Some(count) = self.shared.connections.take() {
            self.say(FromChild::Connections(count));
        }
    }

    /// Waits until the messages that matter are sent, at most for `patience`. It is called when the program has
    /// ended.
    pub(crate) fn finish(&self, patience: Duration) {
        let begun = Instant::now();
        while self.has_unsent() && self.unsent().matters() {
            let left = patience.saturating_sub(begun.elapsed());
            let mut fds = [PollFd::new(self.channel().as_fd(), PollFlags::POLLOUT)];
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            if left.is_zero() || poll(&mut fds, timeout).is_err() {
                return;
            }
        }
    }

    /// Reports that the sockets of these names are missing.
    pub(crate) fn lacks_sockets(&self, names: &str) {
        self.say(FromChild::LacksSockets(names.to_owned()));
    }

    pub(crate) fn channel(&self) -> &ChildEnd {
        &self.shared.channel
    }

    /// Rung when there is something new for the control thread.
    pub(crate) fn bell(&self) -> &Bell {
        &self.shared.bell
    }

    /// Wakes the control thread.
    pub(crate) fn wake(&self) {
        self.shared.bell.ring();
    }

    /// Sends the messages that wait. Returns whether some are left.
    pub(crate) fn has_unsent(&self) -> bool {
        // A descriptor whose number has been reused by the program is left alone.
        self.channel().is_intact() && self.unsent().send(self.channel())
    }

    fn say(&self, message: FromChild) {
        self.unsent().add(message);
        if self.has_unsent() {
            self.wake();
        }
    }

    fn unsent(&self) -> MutexGuard<'_, Unsent> {
        self.shared.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MasterLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterLink").field("unsent", &self.shared.unsent).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use selfup_channel::{Incoming, MasterEnd, pair};

    use super::*;
    use crate::{child::control_thread::hear, ready::Ready, serving::shutdown::GracefulShutdown};

    #[test]
    fn a_master_that_does_not_read_for_long_still_hears_what_matters_and_the_latest_status() {
        let (master, child) = pair().unwrap();
        let link = MasterLink::new(ChildEnd::from(child), &Options::default()).unwrap();
        for number in 0..2000 {
            link.status(&format!("status {number}"));
        }
        link.ready();
        for _ in 0..2000 {
            link.restart();
        }
        let thread = thread::spawn({
            let link = link.clone();
            move || hear(&link, &GracefulShutdown::new(), &Ready::none(), Duration::MAX)
        });
        let latest = FromChild::Status("status 1999".into());
        let heard = until(&master, &latest);
        assert!(matches!(heard[0], FromChild::Hello { .. }));
        assert!(heard.contains(&FromChild::Ready));
        assert!(heard.contains(&FromChild::Restart));
        drop(master);
        thread.join().unwrap();
    }

    #[test]
    fn the_end_of_a_program_waits_for_room_for_what_it_said() {
        let (master, child) = pair().unwrap();
        let link = MasterLink::new(ChildEnd::from(child), &Options::default()).unwrap();
        // Until there is no room at all.
        while link.channel().send(&FromChild::Alive).is_ok() {}
        link.restart();
        let reader = thread::spawn(move || until(&master, &FromChild::Restart));
        link.finish(Duration::from_secs(60));
        drop(link);
        assert!(reader.join().unwrap().contains(&FromChild::Restart));
    }

    /// All that is said, up to this.
    fn until(master: &MasterEnd, last: &FromChild) -> Vec<FromChild> {
        let mut heard = Vec::new();
        while !heard.contains(last) {
            match master.wait().unwrap() {
                Incoming::Message(message) => heard.push(message),
                other => panic!("{other:?} after {} messages", heard.len()),
            }
        }
        heard
    }
}
