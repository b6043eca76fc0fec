//! A signal's number, and which of them may be forwarded.

use std::ffi::c_int;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::{Result, names, sys};

/// A signal, by its number on this machine.
///
/// Every number that the kernel knows is a signal, the real-time ones included, so that the end
/// of any child can be told. It prints as `SIGTERM` or `SIGRTMIN+3`, and is read from
/// `SIGUSR2`, `usr2`, `12` or `SIGRTMIN+3`.
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

/// The synchronous faults: whoever catches them returns into the instruction that failed.
pub(crate) const FAULTS: [Signal; 4] = [Signal::SEGV, Signal::BUS, Signal::FPE, Signal::ILL];

/// What nobody can catch.
const UNCATCHABLE: [Signal; 2] = [Signal::KILL, Signal::STOP];

/// What is the receiving process's own business: its children, its broken pipes, its sockets.
const OWN: [Signal; 3] = [Signal::CHLD, Signal::PIPE, Signal::URG];

/// What is ignored without anybody's wish: Rust's runtime ignores SIGPIPE before `main`, and with
/// SIGCHLD ignored nobody can wait for children.
const IGNORED_BY_CHANCE: [Signal; 2] = [Signal::PIPE, Signal::CHLD];

impl Signal {
    /// Makes a signal of a number, or `None` where the kernel has none with that number.
    #[must_use]
    pub fn from_raw(number: c_int) -> Option<Self> {
        let known = 1..=sys::last_signal();
        known.contains(&number).then_some(Self(number as u8))
    }

    /// Makes a signal of a number known to be one.
    pub(crate) const fn from_known(number: c_int) -> Self {
        Self(number as u8)
    }

    /// Returns the number, as the C library takes it.
    #[must_use]
    pub const fn as_raw(self) -> c_int {
        self.0 as c_int
    }

    /// Makes the real-time signal `SIGRTMIN+offset`, or `None` past `SIGRTMAX`.
    ///
    /// Counted from the C library's `SIGRTMIN()`, which leaves out the few that it uses itself
    /// (32 and 33 under glibc), as [signal(7)] asks.
    ///
    /// [signal(7)]: https://man7.org/linux/man-pages/man7/signal.7.html
    #[must_use]
    pub fn real_time(offset: u8) -> Option<Self> {
        let number = sys::first_real_time().checked_add(c_int::from(offset))?;
        Self::from_raw(number)
    }

    /// Says whether this is one of the real-time signals, which queue and carry a value.
    #[must_use]
    pub fn is_real_time(self) -> bool {
        self.as_raw() >= sys::first_real_time()
    }

    /// Says whether a [`Receiver`](crate::Receiver) can take this signal.
    ///
    /// Not: `SIGKILL` and `SIGSTOP`, the synchronous faults, and the numbers that the C library
    /// keeps for itself.
    #[must_use]
    pub fn is_catchable(self) -> bool {
        !UNCATCHABLE.contains(&self) && !FAULTS.contains(&self) && !self.is_reserved()
    }

    /// Says whether it is somebody's wish if this signal is ignored.
    pub(crate) fn is_ignored_on_purpose(self) -> bool {
        !IGNORED_BY_CHANCE.contains(&self)
    }

    /// Says whether the C library keeps this number for itself.
    pub(crate) fn is_reserved(self) -> bool {
        names::name(self).is_none() && !self.is_real_time()
    }

    /// Says whether a supervisor passes this signal on to its child.
    ///
    /// It is every catchable one, real-time signals included, except those that are about the
    /// receiving process itself: `SIGCHLD`, `SIGPIPE` and `SIGURG`.
    #[must_use]
    pub fn is_forwardable(self) -> bool {
        self.is_catchable() && !OWN.contains(&self)
    }

    /// Lists every signal that [may be forwarded](Self::is_forwardable), in ascending order.
    pub fn forwardable() -> impl Iterator<Item = Self> {
        Self::every().filter(|signal| signal.is_forwardable())
    }

    /// Lists every number that the kernel knows.
    pub(crate) fn every() -> impl Iterator<Item = Self> {
        (1..=sys::last_signal()).map(Self::from_known)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = names::name(*self) {
            return write!(f, "SIG{name}");
        }
        match self.as_raw() - sys::first_real_time() {
            0 => f.write_str("SIGRTMIN"),
            offset if offset > 0 => write!(f, "SIGRTMIN+{offset}"),
            _ => write!(f, "signal {}", self.as_raw()),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Signal {
    type Err = Error;

    /// Reads a name with or without `SIG` in any case, a number, `RTMIN+n` or `RTMAX-n`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSignal`] where there is none by that name or number.
    fn from_str(text: &str) -> Result<Self> {
        parse(text.trim()).ok_or_else(|| {
            Error::new(
                ErrorKind::UnknownSignal,
                format!(
                    "no signal is called {text:?}: give a name like SIGUSR2 or SIGRTMIN+1, or a \
                     number from 1 to {}",
                    sys::last_signal()
                ),
            )
        })
    }
}

fn parse(text: &str) -> Option<Signal> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Signal::from_raw(text.parse().ok()?);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    names::signal(name).or_else(|| parse_real_time(name))
}

fn parse_real_time(name: &str) -> Option<Signal> {
    if let Some(offset) = name.strip_prefix("RTMIN") {
        return Signal::real_time(parse_offset(offset, '+')?);
    }
    let offset = parse_offset(name.strip_prefix("RTMAX")?, '-')?;
    let signal = Signal::from_raw(sys::last_signal() - c_int::from(offset))?;
    signal.is_real_time().then_some(signal)
}

/// Reads the `+3` of `RTMIN+3`; nothing at all is an offset of 0.
fn parse_offset(text: &str, sign: char) -> Option<u8> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix(sign)?;
    // `parse` would take a second sign.
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_read_back_from_its_name() {
        for signal in Signal::every().filter(|signal| !signal.is_reserved()) {
            assert_eq!(signal.to_string().parse::<Signal>().unwrap(), signal);
            assert_eq!(signal.as_raw().to_string().parse::<Signal>().unwrap(), signal);
        }
    }

    #[test]
    fn names_are_read_in_every_usual_spelling() {
        for text in ["SIGUSR2", "sigusr2", "USR2", "usr2", "12", " SIGUSR2\n"] {
            assert_eq!(text.parse::<Signal>().unwrap(), Signal::USR2, "{text:?}");
        }
        assert_eq!("SIGRTMIN".parse::<Signal>().unwrap().as_raw(), libc::SIGRTMIN());
        assert_eq!("rtmin+1".parse::<Signal>().unwrap().as_raw(), libc::SIGRTMIN() + 1);
        assert_eq!("SIGRTMAX".parse::<Signal>().unwrap().as_raw(), libc::SIGRTMAX());
        assert_eq!("SIGRTMAX-30".parse::<Signal>().unwrap().as_raw(), libc::SIGRTMIN());
        assert_eq!("SIGCLD".parse::<Signal>().unwrap(), Signal::CHLD);
        assert_eq!("SIGPOLL".parse::<Signal>().unwrap(), Signal::IO);
        assert_eq!("SIGIOT".parse::<Signal>().unwrap(), Signal::ABRT);
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        for text in [
            "",
            "SIG",
            "0",
            "-1",
            "65",
            "1000000000000",
            "SIGNOPE",
            "SIGRTMIN+31",
            "SIGRTMIN-1",
            "RTMIN++1",
            "RTMIN+",
            "RTMAX-31",
            "RTMAX+1",
            "12x",
            "SIGSIGHUP",
        ] {
            let error = text.parse::<Signal>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownSignal, "{text:?}");
        }
    }

    #[test]
    fn forwardable_are_all_but_the_nine_named_and_the_reserved() {
        let kept: Vec<c_int> = Signal::forwardable().map(Signal::as_raw).collect();
        let excluded = [
            libc::SIGKILL,
            libc::SIGSTOP,
            libc::SIGCHLD,
            libc::SIGPIPE,
            libc::SIGURG,
            libc::SIGSEGV,
            libc::SIGBUS,
            libc::SIGFPE,
            libc::SIGILL,
        ];
        let expected: Vec<c_int> = (1..32)
            .chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
            .filter(|number| !excluded.contains(number))
            .collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn reserved_numbers_are_signals_but_not_catchable() {
        let reserved = Signal::from_raw(32).unwrap();
        assert!(!reserved.is_catchable());
        assert_eq!(reserved.to_string(), "signal 32");
    }
}
