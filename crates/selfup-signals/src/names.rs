//! The names of the standard signals.

use crate::signal::Signal;

/// Makes the constants and the table from one list, so that neither can lack what the other has.
macro_rules! standard_signals {
    ($($(#[$note:meta])* $name:ident = $number:ident,)*) => {
        impl Signal {
            $(
                $(#[$note])*
                pub const $name: Self = Self::from_known(libc::$number);
            )*
        }

        const TABLE: &[(&str, Signal)] = &[$((stringify!($name), Signal::$name),)*];
    };
}

standard_signals! {
    /// Hang-up: the terminal has gone, or (by custom) read the configuration again.
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
    /// Kill; cannot be caught.
    KILL = SIGKILL,
    /// For the program's own use.
    USR1 = SIGUSR1,
    /// Bad memory access; a synchronous fault.
    SEGV = SIGSEGV,
    /// For the program's own use.
    USR2 = SIGUSR2,
    /// Written to a pipe that nobody reads.
    PIPE = SIGPIPE,
    /// A timer of alarm(2).
    ALRM = SIGALRM,
    /// Terminate.
    TERM = SIGTERM,
    /// Unused by Linux, yet catchable.
    STKFLT = SIGSTKFLT,
    /// A child ended, stopped or went on.
    CHLD = SIGCHLD,
    /// Continue.
    CONT = SIGCONT,
    /// Stop; cannot be caught.
    STOP = SIGSTOP,
    /// Stop from the terminal: Ctrl-Z.
    TSTP = SIGTSTP,
    /// A background process reads from the terminal.
    TTIN = SIGTTIN,
    /// A background process writes to the terminal.
    TTOU = SIGTTOU,
    /// Urgent data on a socket.
    URG = SIGURG,
    /// Processor time used up.
    XCPU = SIGXCPU,
    /// File size limit reached.
    XFSZ = SIGXFSZ,
    /// A timer of the process's own time.
    VTALRM = SIGVTALRM,
    /// A profiling timer.
    PROF = SIGPROF,
    /// The terminal changed its size.
    WINCH = SIGWINCH,
    /// Input or output became possible.
    IO = SIGIO,
    /// Power failure.
    PWR = SIGPWR,
    /// Bad system call.
    SYS = SIGSYS,
}

/// Second names that manuals and other programs use.
const ALIASES: [(&str, Signal); 3] =
    [("CLD", Signal::CHLD), ("IOT", Signal::ABRT), ("POLL", Signal::IO)];

/// Returns the name without `SIG`; real-time and reserved signals have none.
pub(crate) fn name(signal: Signal) -> Option<&'static str> {
    TABLE.iter().find(|(_, known)| *known == signal).map(|(name, _)| *name)
}

/// Returns the signal of a name in upper case without `SIG`.
pub(crate) fn signal(name: &str) -> Option<Signal> {
    TABLE.iter().chain(&ALIASES).find(|(known, _)| *known == name).map(|(_, signal)| *signal)
}
