use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    Watchdog,
    config::Options,
    control::{ChildEnd, FromChild, VERSION},
};

/// The child's side of the conversation with its master.
///
/// A master that cannot be reached is no error here: its end is noticed by who listens.
#[derive(Clone)]
pub(crate) struct Voice {
    shared: Arc<Shared>,
}

struct Shared {
    channel: ChildEnd,
    ready: AtomicBool,
    /// Whether the program has said that it is alive since the master asked last; nothing if it
    /// need not say so itself.
    program_alive: Option<AtomicBool>,
}

impl Voice {
    /// Introduces this process.
    pub(crate) fn new(channel: ChildEnd, options: &Options) -> Self {
        let program_alive = (options.watchdog == Watchdog::Program).then(|| AtomicBool::new(false));
        let shared = Shared { channel, ready: AtomicBool::new(false), program_alive };
        let voice = Self { shared: Arc::new(shared) };
        let program = options.trust.version.clone();
        voice.say(&FromChild::Hello { version: VERSION, program });
        voice
    }

    /// Says that the program can serve; once is enough.
    pub(crate) fn ready(&self) {
        if !self.shared.ready.swap(true, Ordering::SeqCst) {
            self.say(&FromChild::Ready);
        }
    }

    /// The program is alive.
    pub(crate) fn alive(&self) {
        if let Some(alive) = &self.shared.program_alive {
            alive.store(true, Ordering::Relaxed);
        }
    }

    /// The master asks whether this child is alive.
    pub(super) fn asked(&self) {
        let alive = self.shared.program_alive.as_ref();
        if alive.is_none_or(|alive| alive.swap(false, Ordering::Relaxed)) {
            self.say(&FromChild::Alive);
        }
    }

    pub(crate) fn restart(&self) {
        self.say(&FromChild::Restart);
    }

    pub(crate) fn status(&self, text: &str) {
        self.say(&FromChild::Status(text.to_owned()));
    }

    pub(super) fn channel(&self) -> &ChildEnd {
        &self.shared.channel
    }

    fn say(&self, message: &FromChild) {
        // The queue is full only if the master has not run for hundreds of messages; what is said
        // once (hello, ready) is said long before that.
        let _sent = self.shared.channel.send(message);
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice").field("ready", &self.shared.ready).finish_non_exhaustive()
    }
}
