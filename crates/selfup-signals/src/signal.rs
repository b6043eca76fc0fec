//! The type [`Signal`]: a signal by its number.

use std::ffi::c_int;

use crate::sys::system;

/// A signal, by its number on this machine.
///
/// Every number that the kernel knows is a signal, the real-time ones included, so that each end of a
/// child can be described. A signal prints as `SIGTERM` or `SIGRTMIN+3`, and parses from `SIGUSR2`,
/// `usr2`, `12` or `SIGRTMIN+3`.
///
/// See [signal(7)](https://man7.org/linux/man-pages/man7/signal.7.html).
///
/// # Examples
///
/// ```
/// use selfup_signals::Signal;
///
/// let signal: Signal = "usr2".parse()?;
/// assert_eq!(signal, Signal::USR2);
/// assert_eq!(signal.to_string(), "SIGUSR2");
/// # Ok::<(), selfup_signals::Error>(())
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Signal(u8);

impl Signal {
    /// Returns the signal with this number, or `None` if the kernel has none.
    #[must_use]
    pub fn from_raw(number: c_int) -> Option<Self> {
        let known = 1..=Self::last();
        known.contains(&number).then_some(Self(number as u8))
    }

    /// Returns the signal with a number that is known to be valid.
    pub(crate) const fn from_known(number: c_int) -> Self {
        Self(number as u8)
    }

    /// Returns the number, as the C library takes it.
    #[must_use]
    pub const fn as_raw(self) -> c_int {
        self.0 as c_int
    }

    /// Returns the real-time signal `SIGRTMIN+offset`, or `None` past `SIGRTMAX`.
    ///
    /// The offset counts from the C library's `SIGRTMIN()`, as [signal(7)] asks. That leaves out the
    /// numbers that the library uses itself (32 and 33 under glibc).
    ///
    /// [signal(7)]: https://man7.org/linux/man-pages/man7/signal.7.html
    #[must_use]
    pub fn real_time(offset: u8) -> Option<Self> {
        let number = Self::first_real_time().checked_add(c_int::from(offset))?;
        Self::from_raw(number)
    }

    /// Returns whether this is a real-time signal. Real-time signals queue and can carry a value.
    #[must_use]
    pub fn is_real_time(self) -> bool {
        self.as_raw() >= Self::first_real_time()
    }

    /// Lists every number that the kernel knows, in ascending order.
    pub(crate) fn every() -> impl Iterator<Item = Self> {
        (1..=Self::last()).map(Self::from_known)
    }

    /// The first real-time signal that the C library leaves to programs.
    pub(crate) fn first_real_time() -> c_int {
        system::first_real_time()
    }

    /// The highest signal number.
    pub(crate) fn last() -> c_int {
        system::last()
    }
}
