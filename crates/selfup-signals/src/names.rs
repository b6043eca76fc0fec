//! The names of signals: constants, printing and parsing.

use std::ffi::c_int;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::signal::Signal;
use crate::sys::system::signals_of_this_system;

/// Generates constants and a table from one list, so that they always agree.
macro_rules! declare {
    ($table:ident: $($(#[$note:meta])* $name:ident = $number:ident,)*) => {
        impl Signal {
            $(
                $(#[$note])*
                pub const $name: Self = Self::from_known(libc::$number);
            )*
        }

        const $table: &[(&str, Signal)] = &[$((stringify!($name), Signal::$name),)*];
    };
}

macro_rules! own {
    ($($signals:tt)*) => { declare! { OF_THIS_SYSTEM: $($signals)* } };
}
signals_of_this_system!(own);

declare! {
    OF_EVERY_SYSTEM:
    /// Hang-up: the terminal is gone. By custom, a daemon reads its configuration again.
    HUP = SIGHUP,
    /// Interrupt: Ctrl-C.
    INT = SIGINT,
    /// Quit: Ctrl-\\.
    QUIT = SIGQUIT,
    /// Illegal instruction; a synchronous fault.
    ILL = SIGILL,
    /// Breakpoint.
    TRAP = SIGTRAP,
    /// Abort.
    ABRT = SIGABRT,
    /// Bad memory access beyond a mapping; a synchronous fault.
    BUS = SIGBUS,
    /// Arithmetic error; a synchronous fault.
    FPE = SIGFPE,
    /// Kill; no program can catch it.
    KILL = SIGKILL,
    /// For the program's own use.
    USR1 = SIGUSR1,
    /// Bad memory access; a synchronous fault.
    SEGV = SIGSEGV,
    /// For the program's own use.
    USR2 = SIGUSR2,
    /// A write to a pipe without a reader.
    PIPE = SIGPIPE,
    /// A timer set with alarm(2) has expired.
    ALRM = SIGALRM,
    /// Terminate.
    TERM = SIGTERM,
    /// A child has ended, stopped or continued.
    CHLD = SIGCHLD,
    /// Continue.
    CONT = SIGCONT,
    /// Stop; no program can catch it.
    STOP = SIGSTOP,
    /// Stop from the terminal: Ctrl-Z.
    TSTP = SIGTSTP,
    /// A background process reads from the terminal.
    TTIN = SIGTTIN,
    /// A background process writes to the terminal.
    TTOU = SIGTTOU,
    /// Urgent data on a socket.
    URG = SIGURG,
    /// The limit of processor time is reached.
    XCPU = SIGXCPU,
    /// The limit of file size is reached.
    XFSZ = SIGXFSZ,
    /// A timer that counts the process's own time has expired.
    VTALRM = SIGVTALRM,
    /// A profiling timer has expired.
    PROF = SIGPROF,
    /// The size of the terminal has changed.
    WINCH = SIGWINCH,
    /// Input or output has become possible.
    IO = SIGIO,
    /// Bad system call.
    SYS = SIGSYS,
}

/// Alternative names that manuals and other programs use.
const ALIASES: [(&str, Signal); 3] =
    [("CLD", Signal::CHLD), ("IOT", Signal::ABRT), ("POLL", Signal::IO)];

/// Returns the name without `SIG`, or `None` for real-time and reserved signals.
pub(crate) fn name(signal: Signal) -> Option<&'static str> {
    table().find(|(_, known)| *known == signal).map(|(name, _)| *name)
}

/// Returns the signal with this name, which is in upper case and without `SIG`.
fn signal(name: &str) -> Option<Signal> {
    table().chain(&ALIASES).find(|(known, _)| *known == name).map(|(_, signal)| *signal)
}

fn table() -> impl Iterator<Item = &'static (&'static str, Signal)> {
    OF_EVERY_SYSTEM.iter().chain(OF_THIS_SYSTEM)
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = name(*self) {
            return write!(f, "SIG{name}");
        }
        match self.as_raw() - Self::first_real_time() {
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

    /// Parses a name in any case with or without `SIG`, a number, `RTMIN+n` or `RTMAX-n`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSignal`] if no signal has that name or number.
    fn from_str(text: &str) -> Result<Self> {
        parse(text.trim()).ok_or_else(|| {
            Error::new(
                ErrorKind::UnknownSignal,
                format!(
                    "could not find a signal named {text:?}: give a name such as SIGUSR2 or SIGRTMIN+1, \
                     or a number from 1 to {}",
                    Self::last()
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
    signal(name).or_else(|| parse_real_time(name))
}

fn parse_real_time(name: &str) -> Option<Signal> {
    if let Some(offset) = name.strip_prefix("RTMIN") {
        return Signal::real_time(parse_offset(offset, '+')?);
    }
    let offset = parse_offset(name.strip_prefix("RTMAX")?, '-')?;
    let signal = Signal::from_raw(Signal::last() - c_int::from(offset))?;
    signal.is_real_time().then_some(signal)
}

/// Parses the `+3` of `RTMIN+3`. Empty text is an offset of 0.
fn parse_offset(text: &str, sign: char) -> Option<u8> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix(sign)?;
    // `parse` would accept a second sign.
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_parses_from_the_name_that_it_prints() {
        for signal in Signal::every().filter(|signal| !signal.is_reserved()) {
            assert_eq!(signal.to_string().parse::<Signal>().unwrap(), signal);
            assert_eq!(signal.as_raw().to_string().parse::<Signal>().unwrap(), signal);
        }
    }

    #[test]
    fn names_parse_in_every_usual_spelling() {
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
    fn text_that_names_no_signal_is_an_error() {
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
}
