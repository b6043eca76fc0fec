//! What follows when the program ends although nobody has asked it to.

use std::time::Duration;

/// What follows when the program ends although nobody has asked it to: neither an operator nor a signal that
/// asks a program to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnExit {
    /// The master ends in the same way, with the same exit code or signal: restarting the service is for the
    /// process manager, which sees how it ended.
    #[default]
    End,
    /// Another child is started in its place, while the sockets stay open and clients wait. A program without
    /// sockets that ends with 0 has done its work, and the master ends.
    Respawn(Respawn),
}

/// How long a program that keeps dying is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Respawn {
    pub(crate) limit: Duration,
    pub(crate) fall_back: Duration,
}

impl Respawn {
    /// The defaults: a limit of one minute, and the previous executable for a release that was committed within
    /// the last ten minutes.
    #[must_use]
    pub const fn new() -> Self {
        Self { limit: Duration::from_secs(60), fall_back: Duration::from_secs(600) }
    }

    /// Sets for how long a program that keeps dying is started again. The default is one minute. After it, the
    /// master ends as the last child did. A child that has served for as long as the limit ends the count: its
    /// end is the first one again.
    ///
    /// The pause before the first start is 50 ms, and each further one is twice as long, up to 5 s.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets for how long after its commit a release may be blamed. The default is ten minutes; zero turns it off.
    /// If its children begin to die within that time and go on until the limit, the release is rolled back,
    /// refused for a time, and the limit begins again.
    #[must_use]
    pub const fn fall_back(mut self, within: Duration) -> Self {
        self.fall_back = within;
        self
    }
}

impl Default for Respawn {
    fn default() -> Self {
        Self::new()
    }
}
