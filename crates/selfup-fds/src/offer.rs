//! Parses the `LISTEN_*` variables. It is a pure function of their text.

use std::ffi::OsStr;
use std::os::fd::RawFd;

use crate::error::{Error, ErrorKind, Result};

pub(crate) const LISTEN_PID: &str = "LISTEN_PID";
pub(crate) const LISTEN_FDS: &str = "LISTEN_FDS";
pub(crate) const LISTEN_FDNAMES: &str = "LISTEN_FDNAMES";
/// The inode of the pidfd, which newer versions of systemd add to the pid.
pub(crate) const LISTEN_PIDFDID: &str = "LISTEN_PIDFDID";

/// All variables of the convention, which a process must not pass on unintentionally.
pub(crate) const VARIABLES: [&str; 4] = [LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PIDFDID];

/// The number of the first fd that is passed (`SD_LISTEN_FDS_START`).
pub(crate) const FIRST: RawFd = 3;

/// The name of an fd that was passed without one, as in sd_listen_fds_with_names(3).
const UNNAMED: &str = "unknown";

/// The fds that `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` offer to a process.
///
/// This only parses the text. [`Inherited::from_env`](crate::Inherited::from_env) reads the environment and adopts
/// the fds. The convention is that of sd_listen_fds(3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    count: RawFd,
    names: Option<Vec<String>>,
}

impl Offer {
    /// Parses the variables for the process with this pid.
    ///
    /// Nothing is offered if `LISTEN_PID` is another process, which was meant instead, or if one of `LISTEN_PID`
    /// and `LISTEN_FDS` is missing.
    ///
    /// # Errors
    ///
    /// [`InvalidVariable`](ErrorKind::InvalidVariable), with the variable and its value, if the pid or the
    /// count is not a number, or if the number of names differs from that of fds.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fds::Offer;
    ///
    /// let offer = Offer::parse(
    ///     Some("123".as_ref()), Some("2".as_ref()), Some("http:admin".as_ref()), 123)?;
    /// assert!(offer.names().eq(["http", "admin"]));
    /// # Ok::<(), selfup_fds::Error>(())
    /// ```
    pub fn parse(
        listen_pid: Option<&OsStr>,
        listen_fds: Option<&OsStr>,
        listen_fdnames: Option<&OsStr>,
        own_pid: u32,
    ) -> Result<Self> {
        let (Some(pid), Some(count)) = (listen_pid, listen_fds) else { return Ok(Self::none()) };
        let addressee: u32 = decimal(pid).ok_or_else(|| invalid(LISTEN_PID, pid, "is no pid"))?;
        if addressee != own_pid {
            return Ok(Self::none());
        }
        let count: RawFd = decimal(count)
            .filter(|count| *count <= RawFd::MAX - FIRST)
            .ok_or_else(|| invalid(LISTEN_FDS, count, "is no number of fds"))?;
        let names = listen_fdnames.filter(|_| count > 0).map(|text| split(text, count));
        Ok(Self { count, names: names.transpose()? })
    }

    fn none() -> Self {
        Self { count: 0, names: None }
    }

    /// Returns the number of offered fds, which are numbered from 3.
    #[must_use]
    pub fn len(&self) -> usize {
        // Never negative: it was parsed from digits.
        self.count.unsigned_abs() as usize
    }

    /// Returns whether no fd is offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Lists the name of each fd: `unknown` for all if `LISTEN_FDNAMES` is missing.
    ///
    /// Names may be empty, and several fds may have the same one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.names.iter().flatten().map(String::as_str);
        let unnamed = if self.names.is_some() { 0 } else { self.len() };
        named.chain(std::iter::repeat_n(UNNAMED, unnamed))
    }

    pub(crate) fn numbers(&self) -> std::ops::Range<RawFd> {
        FIRST..FIRST + self.count
    }
}

fn split(text: &OsStr, count: RawFd) -> Result<Vec<String>> {
    let names = text.to_str().ok_or_else(|| invalid(LISTEN_FDNAMES, text, "is not UTF-8"))?;
    let names: Vec<String> = names.split(':').map(str::to_owned).collect();
    if usize::try_from(count) != Ok(names.len()) {
        let why = format!("has {} names, and {LISTEN_FDS} is {count}", names.len());
        return Err(invalid(LISTEN_FDNAMES, text, &why));
    }
    Ok(names)
}

/// Parses digits alone, without the sign that `str::parse` accepts.
fn decimal<T: std::str::FromStr>(text: &OsStr) -> Option<T> {
    let text = text.to_str()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn invalid(variable: &str, value: &OsStr, why: &str) -> Error {
    let message = format!("could not take over inherited fds: {variable}={value:?} {why}");
    Error::new(ErrorKind::InvalidVariable, message)
}
