//! The ways in which a request is lost.

use std::fmt;
use std::io;

/// Why a request that was due has no proper response.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// No process listens.
    Refused,
    /// The server threw the connection away (RST), at whatever point.
    Reset,
    /// The server closed the connection in good order, without one byte of a response.
    Closed,
    /// The response stopped in the middle: of its head, of its stated length, or of a chunk.
    Truncated,
    /// No whole response in time.
    TimedOut,
    /// A whole response, but its status is not 200.
    Status,
    /// What came is not HTTP/1.1, or goes on after its end.
    Garbage,
    /// The client's own trouble, such as no descriptor or port left: a fault of the test.
    Client,
}

impl Loss {
    /// Every kind, in the order of a request's life.
    pub const ALL: [Self; 8] = [
        Self::Refused,
        Self::Reset,
        Self::Closed,
        Self::Truncated,
        Self::TimedOut,
        Self::Status,
        Self::Garbage,
        Self::Client,
    ];

    /// What an error of the socket means.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Client,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Closed => "closed unanswered",
            Self::Truncated => "truncated",
            Self::TimedOut => "timed out",
            Self::Status => "wrong status",
            Self::Garbage => "garbage",
            Self::Client => "client's own trouble",
        })
    }
}
