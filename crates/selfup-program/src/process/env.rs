//! The variables by which an executable learns whether it is master, child or probe.

use std::{
    env,
    ffi::OsString,
    io,
    os::fd::{OwnedFd, RawFd},
    path::PathBuf,
    time::Duration,
};

use crate::{
    error::{Error, ErrorKind},
    sys,
};

/// The number of the child's end of the control channel.
pub const CONTROL: &str = "SELFUP_CONTROL";
/// The pid of the child that the variables are for, as `LISTEN_PID` is: a process that the child starts may inherit
/// them.
pub const CONTROL_PID: &str = "SELFUP_CONTROL_PID";
/// As [`CONTROL`], where no master has started the process, but the process that it is to succeed.
pub const HANDOFF: &str = "SELFUP_HANDOFF";
/// As [`CONTROL_PID`], beside [`HANDOFF`].
pub const HANDOFF_PID: &str = "SELFUP_HANDOFF_PID";
/// The pid of the process that serves while this one, which has executed the new file in its own place, starts. The
/// channel leads to that process.
pub const HELPER: &str = "SELFUP_HANDOFF_HELPER";
/// The file that the successor runs, if it is on trial beside the one that it is to replace.
pub const TRIAL: &str = "SELFUP_HANDOFF_TRIAL";
/// The child's number.
pub const GENERATION: &str = "SELFUP_GENERATION";
/// The path from which the child was started.
pub const BIN_PATH: &str = "SELFUP_BIN_PATH";

/// The variables of a service manager, which are for the master alone.
pub const OF_THE_MANAGER: [&str; 4] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "FDSTORE"];

/// The soft limit of open files that the program is to have, if its master has raised its own.
pub const OPEN_FILES: &str = "SELFUP_OPEN_FILES";

/// The pid of the process that `app selfup start` has executed the program in.
pub const START: &str = "SELFUP_START";
/// Beside [`START`], the name of the service.
pub const START_AS: &str = "SELFUP_START_AS";
/// Beside [`START`], the addresses that take the place of those of the configuration: `NAME=ADDRESS`, line by line.
pub const START_LISTEN: &str = "SELFUP_START_LISTEN";

/// What `app selfup start` asks for.
#[derive(Debug)]
pub struct Start {
    /// The name of the service.
    pub service: String,
    /// Addresses by their names, which take the place of those of the configuration.
    pub listen: Vec<(String, String)>,
}

/// What `app selfup start` asks of this process, if it was started so. The variables are removed as those of
/// [`take_assignment`].
#[must_use]
pub fn take_start() -> Option<Start> {
    let (whose, service, listen) = (read(START)?, read(START_AS)?, read(START_LISTEN)?);
    sys::env::remove_if_alone(&[START, START_AS, START_LISTEN]);
    if whose.to_str() != Some(&std::process::id().to_string()) {
        return None;
    }
    let pair = |line: &str| line.split_once('=').map(|(name, at)| (name.to_owned(), at.to_owned()));
    Some(Start {
        service: service.into_string().ok()?,
        listen: listen.to_str()?.lines().filter_map(pair).collect(),
    })
}

/// What a master passes to its child.
#[derive(Debug)]
pub struct Assignment {
    /// The number of its end of the control channel.
    pub control: RawFd,
    /// Its number, from 1 on.
    pub generation: u64,
    /// The path from which it was started.
    pub bin_path: PathBuf,
    /// The soft limit of open files that the program was started with.
    pub open_files: Option<u64>,
}

impl Assignment {
    /// Takes over this process's end of the control channel. Called once.
    ///
    /// # Errors
    ///
    /// It is not open.
    pub fn channel(&self) -> io::Result<OwnedFd> {
        sys::fd::adopt(self.control)
    }
}

/// The token, if this process is a probe.
#[must_use]
pub fn probe_token() -> Option<OsString> {
    read(selfup_install::PROBE_VARIABLE)
}

/// The assignment of this process, if it is a child. The variables are removed; where they cannot be, they name the
/// pid of this process, so that they mean nothing to what the program starts.
///
/// # Errors
///
/// A variable of the master cannot be read.
pub fn take_assignment() -> Result<Option<Assignment>, Error> {
    take(CONTROL, CONTROL_PID)
}

/// What a process passes to its successor, where there is no master.
#[derive(Debug)]
pub struct HandoffTold {
    /// What a master passes as well.
    pub assignment: Assignment,
    /// The pid of the helper, if this process has executed the new file in its own place.
    pub helper: Option<i32>,
    /// The file that this process runs, if it is on trial.
    pub trial: Option<PathBuf>,
}

/// What its predecessor has passed to this process, if there is no master and it is to succeed another one. As
/// [`take_assignment`].
///
/// # Errors
///
/// A variable of the predecessor cannot be read.
pub fn take_handoff() -> Result<Option<HandoffTold>, Error> {
    let helper = read(HELPER).and_then(|pid| pid.to_str()?.parse().ok());
    let trial = read(TRIAL).map(PathBuf::from);
    sys::env::remove_if_alone(&[HELPER, TRIAL]);
    let assignment = take(HANDOFF, HANDOFF_PID)?;
    Ok(assignment.map(|assignment| HandoffTold { assignment, helper, trial }))
}

fn take(control_name: &str, pid_name: &str) -> Result<Option<Assignment>, Error> {
    let (Some(control), generation, bin_path) =
        (read(control_name), read(GENERATION), read(BIN_PATH))
    else {
        return Ok(None);
    };
    let open_files = read(OPEN_FILES);
    let whose = read(pid_name);
    sys::env::remove_if_alone(&[control_name, pid_name, GENERATION, BIN_PATH, OPEN_FILES]);
    // A master of an earlier version sets no pid.
    let is_ours = |whose: &OsString| whose.to_str() == Some(&std::process::id().to_string());
    if !whose.as_ref().is_none_or(is_ours) {
        return Ok(None);
    }
    let number = |value: &OsString| value.to_str()?.parse::<u64>().ok();
    let malformed = |name: &str, value: Option<&OsString>| {
        let value = value.cloned().unwrap_or_default();
        Error::new(
            ErrorKind::Child,
            format!(
                "could not take over from the master: {name} is {value:?}; unset it to start a master"
            ),
        )
    };
    let control_number = number(&control)
        .and_then(|fd| RawFd::try_from(fd).ok())
        .ok_or_else(|| malformed(control_name, Some(&control)))?;
    let generation_number = generation
        .as_ref()
        .and_then(number)
        .filter(|number| *number > 0)
        .ok_or_else(|| malformed(GENERATION, generation.as_ref()))?;
    Ok(Some(Assignment {
        control: control_number,
        generation: generation_number,
        bin_path: bin_path.map(PathBuf::from).unwrap_or_default(),
        open_files: open_files.as_ref().and_then(number),
    }))
}

/// The working directory as the shell names it (`PWD`), which may lead there through links.
pub fn working_directory() -> Option<PathBuf> {
    read("PWD").map(PathBuf::from)
}

/// What a service manager states in the environment.
#[derive(Debug)]
pub struct NotifyTold {
    /// Where it listens.
    pub socket: OsString,
    /// The longest time between two reports that this process is alive.
    pub watchdog: Option<Duration>,
}

/// What a service manager states for this process (sd_notify(3), sd_watchdog_enabled(3)). The variables are
/// removed here if that can be done, and from the environment of the children in any case: children do not report
/// for the service.
pub fn take_notify() -> Option<NotifyTold> {
    let [socket_name, watchdog, watchdog_pid, _] = OF_THE_MANAGER;
    let (socket, within, whose) = (read(socket_name), read(watchdog), read(watchdog_pid));
    sys::env::remove_if_alone(&OF_THE_MANAGER);
    let number = |value: OsString| value.to_str()?.parse::<u64>().ok();
    let is_ours = whose.is_none_or(|pid| number(pid) == Some(u64::from(std::process::id())));
    let within = within.and_then(number).filter(|micros| *micros > 0 && is_ours);
    let socket = socket.filter(|socket| !socket.is_empty())?;
    Some(NotifyTold { socket, watchdog: within.map(Duration::from_micros) })
}

/// The stream that systemd has connected to its journal, as `DEVICE:INODE`. The variable stays, because the program
/// may need it as well.
#[must_use]
pub fn journal_stream() -> Option<String> {
    read("JOURNAL_STREAM")?.into_string().ok()
}

#[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
fn read(name: &str) -> Option<OsString> {
    env::var_os(name)
}
