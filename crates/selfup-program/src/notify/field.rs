//! The fields of a message to a service manager, each a line of sd_notify(3).

use std::{fmt, time::Duration};

use selfup_channel::truncate;

/// One field of a message, as sd_notify(3) names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The service is up, or up again.
    Ready,
    /// The service changes over; when that began, on the monotonic clock of clock_gettime(2).
    Reloading {
        /// When it began.
        since: Duration,
    },
    /// The service ends.
    Stopping,
    /// From now on, this process is the main one of the service.
    MainPid(u32),
    /// Close the descriptor that comes along, once every message before this one has been handled.
    Barrier,
    /// One line for people.
    Status(String),
    /// What is under way may take so long from now.
    ExtendTimeout(Duration),
    /// The service is alive.
    Watchdog,
    /// Keep the descriptor that comes along, under this name.
    Store {
        /// Its name in `LISTEN_FDNAMES`.
        name: String,
    },
    /// Do not keep what is kept under this name.
    StoreRemove {
        /// Its name in `LISTEN_FDNAMES`.
        name: String,
    },
}

/// systemd reads no more than 4096 bytes at once.
const LONGEST_STATUS: usize = 2000;

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("READY=1"),
            Self::Reloading { since } => {
                write!(f, "RELOADING=1\nMONOTONIC_USEC={}", since.as_micros())
            }
            Self::Stopping => f.write_str("STOPPING=1"),
            Self::MainPid(pid) => write!(f, "MAINPID={pid}"),
            Self::Barrier => f.write_str("BARRIER=1"),
            Self::Status(text) => write!(f, "STATUS={}", one_line(text)),
            Self::ExtendTimeout(by) => {
                let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
                write!(f, "EXTEND_TIMEOUT_USEC={micros}")
            }
            Self::Watchdog => f.write_str("WATCHDOG=1"),
            Self::Store { name } => write!(f, "FDSTORE=1\nFDNAME={name}"),
            Self::StoreRemove { name } => write!(f, "FDSTOREREMOVE=1\nFDNAME={name}"),
        }
    }
}

/// A line break would begin another field.
fn one_line(text: &str) -> String {
    truncate(text, LONGEST_STATUS).replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_lines_that_systemd_reads() {
        for (field, line) in [
            (Field::Ready, "READY=1"),
            (
                Field::Reloading { since: Duration::from_millis(1500) },
                "RELOADING=1\nMONOTONIC_USEC=1500000",
            ),
            (Field::Stopping, "STOPPING=1"),
            (Field::ExtendTimeout(Duration::from_secs(2)), "EXTEND_TIMEOUT_USEC=2000000"),
            (Field::ExtendTimeout(Duration::MAX), "EXTEND_TIMEOUT_USEC=18446744073709551615"),
            (Field::Watchdog, "WATCHDOG=1"),
            (Field::Store { name: "selfup-http".into() }, "FDSTORE=1\nFDNAME=selfup-http"),
            (Field::StoreRemove { name: "x".into() }, "FDSTOREREMOVE=1\nFDNAME=x"),
        ] {
            assert_eq!(field.to_string(), line);
        }
    }

    #[test]
    fn a_status_is_one_line_of_bounded_length() {
        let status = Field::Status("two\nREADY=1\0lines".into());
        assert_eq!(status.to_string(), "STATUS=two READY=1 lines");
        let long = Field::Status("é".repeat(5000)).to_string();
        assert!((1900..=2010).contains(&long.len()), "{}", long.len());
    }
}
