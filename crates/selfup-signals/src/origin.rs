//! What was received, and from whom.

use crate::pid::Pid;
use crate::signal::Signal;

/// One signal that arrived.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub struct Received {
    /// Which signal.
    pub signal: Signal,
    /// Who sent it.
    pub origin: Origin,
}

impl Received {
    /// Puts together what a receiver would have reported, for tests and for logic that makes up a
    /// signal of its own.
    #[must_use]
    pub const fn new(signal: Signal, origin: Origin) -> Self {
        Self { signal, origin }
    }
}

/// Who sent a signal, as the kernel tells by `si_code`.
///
/// The terminal's signals are the reason to ask: a Ctrl-C comes from the [kernel](Self::Kernel) and
/// went to every process of the foreground group, so that a child in the same group has it already.
/// A `kill -INT` to the supervisor alone comes from a [process](Self::Process).
///
/// See [sigaction(2)](https://man7.org/linux/man-pages/man2/sigaction.2.html).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The kernel: a terminal's key, a hang-up, a timer of alarm(2), a child's change of state.
    Kernel,
    /// A process, by kill(2), tgkill(2) or raise(3).
    Process {
        /// The sender; `None` when it lives outside this process's pid namespace. It may have gone
        /// since, and its pid may belong to another.
        pid: Option<Pid>,
        /// The sender's real user id.
        uid: u32,
    },
    /// A process, by sigqueue(3), with a value.
    Queued {
        /// The sender, as for [`Origin::Process`].
        pid: Option<Pid>,
        /// The sender's real user id.
        uid: u32,
        /// What came along.
        value: Value,
    },
    /// Something else that the kernel names by this `si_code`: a POSIX timer (-2), a message queue
    /// (-3), asynchronous input or output (-4, -5).
    Other {
        /// The `si_code`.
        code: i32,
    },
    /// Nobody knows: so many signals waited unread that this one was noted by its kind alone.
    Unknown,
}

/// What a queued signal carries: as C sees it, a union of an `int` and a pointer.
///
/// # Examples
///
/// ```
/// use selfup_signals::Value;
///
/// assert_eq!(Value::from(-7).as_int(), -7);
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Value(usize);

impl Value {
    /// Makes a value of all the bits that fit into a pointer.
    #[must_use]
    pub const fn from_bits(bits: usize) -> Self {
        Self(bits)
    }

    /// Returns all the bits, those beyond an `int` being whatever the sender left there.
    #[must_use]
    pub const fn as_bits(self) -> usize {
        self.0
    }

    /// Returns the `sival_int` that nearly every sender means.
    #[must_use]
    pub const fn as_int(self) -> i32 {
        // The union's int lies at its start, in memory order.
        let bytes = self.0.to_ne_bytes();
        i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

impl From<i32> for Value {
    fn from(int: i32) -> Self {
        let mut bytes = [0; size_of::<usize>()];
        bytes[..size_of::<i32>()].copy_from_slice(&int.to_ne_bytes());
        Self(usize::from_ne_bytes(bytes))
    }
}
