use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::control::{ChildEnd, FromChild, VERSION};

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
}

impl Voice {
    /// Introduces this process.
    pub(crate) fn new(channel: ChildEnd) -> Self {
        let voice = Self { shared: Arc::new(Shared { channel, ready: AtomicBool::new(false) }) };
        voice.say(&FromChild::Hello { version: VERSION });
        voice
    }

    /// Says that the program can serve; once is enough.
    pub(crate) fn ready(&self) {
        if !self.shared.ready.swap(true, Ordering::SeqCst) {
            self.say(&FromChild::Ready);
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
