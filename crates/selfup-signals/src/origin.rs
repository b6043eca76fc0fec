//! A received signal, and its origin.

use crate::pid::Pid;
use crate::signal::Signal;

/// A signal that has arrived.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub struct Received {
    /// The signal.
    pub signal: Signal,
    /// Where it came from.
    pub origin: Origin,
}

impl Received {
    /// Creates a value as a receiver reports it, for tests and for code that makes up signals.
    #[must_use]
    pub const fn new(signal: Signal, origin: Origin) -> Self {
        Self { signal, origin }
    }
}

/// The origin of a signal, by the `si_code` of the kernel.
///
/// It distinguishes the terminal's signals from others. A Ctrl-C comes from the
/// [kernel](Self::Kernel), and goes to every process of the foreground group, so a child in the same
/// group has it already. A `kill -INT` to the supervisor alone comes from a [process](Self::Process).
///
/// See [sigaction(2)](https://man7.org/linux/man-pages/man2/sigaction.2.html).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The kernel: a key of the terminal, a hang-up, a timer of alarm(2), a child's change of state.
    Kernel,
    /// A process, by kill(2), tgkill(2) or raise(3).
    Process {
        /// The sender, or `None` if it is outside this process's pid namespace. It may have ended
        /// since, and its pid may belong to another process.
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
        /// The value that the sender attached.
        value: Value,
    },
    /// Another origin, which this `si_code` names: a POSIX timer (-2), a message queue (-3),
    /// asynchronous input or output (-4, -5).
    Other {
        /// The `si_code`.
        code: i32,
    },
    /// Unknown: so many signals waited unread that only the number of this one was recorded; or the system does
    /// not say (macOS, OpenBSD and illumos, for most signals).
    Unknown,
}

/// The value of a queued signal: in C, a union of an `int` and a pointer.
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
    /// Creates a value from all the bits of a pointer.
    #[must_use]
    pub const fn from_bits(bits: usize) -> Self {
        Self(bits)
    }

    /// Returns all bits. Those beyond an `int` are whatever the sender left there.
    #[must_use]
    pub const fn as_bits(self) -> usize {
        self.0
    }

    /// Returns the `sival_int`, which nearly every sender means.
    #[must_use]
    pub const fn as_int(self) -> i32 {
        // The int is at the start of the union, in memory order.
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
