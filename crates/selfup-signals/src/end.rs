//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::signal::Signal;

/// How a process ended: with a code of its own, or by a signal.
///
/// # Examples
///
/// ```
/// use std::process::Command;
/// use selfup_signals::{End, Signal};
///
/// let end = End::from(Command::new("sh").args(["-c", "exit 3"]).status()?);
/// assert_eq!(end, End::Exited(3));
/// assert_eq!(end.to_string(), "exited with code 3");
///
/// let end = End::from(Command::new("sh").args(["-c", "kill -TERM $$"]).status()?);
/// assert_eq!(end, End::Signaled { signal: Signal::TERM, core_dumped: false });
/// assert_eq!(end.to_string(), "was killed by SIGTERM");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "POSIX knows these two ends and no other")]
pub enum End {
    /// The process returned from `main` or called exit(3), with a code from 0 to 255.
    Exited(i32),
    /// A signal killed the process.
    Signaled {
        /// The signal.
        signal: Signal,
        /// Whether the kernel wrote a core file, or piped one to a crash reporter.
        core_dumped: bool,
    },
}

impl End {
    /// Returns whether the process exited with code 0.
    #[must_use]
    pub const fn success(self) -> bool {
        matches!(self, Self::Exited(0))
    }

    /// Returns the exit code that a shell shows for this end: 128 + n for a death by signal n.
    #[must_use]
    pub const fn shell_code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signaled { signal, .. } => 128 + signal.as_raw(),
        }
    }
}

impl From<ExitStatus> for End {
    /// Converts the status of a process that has ended, as [`Child::wait`](std::process::Child::wait)
    /// returns it.
    ///
    /// A status that means "stopped" or "continued" is not an end. It converts to [`End::Exited`] with
    /// 128 + the stopping signal, or 128.
    fn from(status: ExitStatus) -> Self {
        if let Some(signal) = status.signal().and_then(Signal::from_raw) {
            return Self::Signaled { signal, core_dumped: status.core_dumped() };
        }
        let stopped = || 128 + status.stopped_signal().unwrap_or_default();
        Self::Exited(status.code().unwrap_or_else(stopped))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with code {code}"),
            Self::Signaled { signal, core_dumped } => {
                write!(f, "was killed by {signal}")?;
                if *core_dumped { f.write_str(" (core dumped)") } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_status_converts_to_its_own_end() {
        let end = |raw| End::from(ExitStatus::from_raw(raw));
        for code in 0..=255 {
            assert_eq!(end(code << 8), End::Exited(code));
        }
        for signal in Signal::every() {
            let raw = signal.as_raw();
            assert_eq!(end(raw), End::Signaled { signal, core_dumped: false });
            assert_eq!(end(raw | 0x80), End::Signaled { signal, core_dumped: true });
        }
    }

    #[test]
    fn it_prints_as_a_predicate_of_the_process() {
        assert_eq!(End::Exited(3).to_string(), "exited with code 3");
        let end = End::Signaled { signal: Signal::SEGV, core_dumped: true };
        assert_eq!(end.to_string(), "was killed by SIGSEGV (core dumped)");
        assert_eq!(end.shell_code(), 139);
    }

    #[test]
    fn only_code_0_is_success() {
        assert!(End::Exited(0).success());
        assert!(!End::Exited(1).success());
        assert!(!End::Signaled { signal: Signal::TERM, core_dumped: false }.success());
    }
}
