//! The variables by which the same executable learns whether it is master, child or probe.

use std::{env, ffi::OsString, os::fd::RawFd, path::PathBuf};

use crate::{Error, ErrorKind, master::Generation, sys};

/// The number of the child's end of the control channel.
pub(crate) const CONTROL: &str = "SELFUP_CONTROL";
/// The child's number.
pub(crate) const GENERATION: &str = "SELFUP_GENERATION";
/// The path from which the child was started.
pub(crate) const BIN_PATH: &str = "SELFUP_BIN_PATH";

/// What a master tells its child.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) control: RawFd,
    pub(crate) generation: Generation,
    pub(crate) bin_path: PathBuf,
}

/// The token, if this process is only a probe.
pub(crate) fn probe_token() -> Option<OsString> {
    read(selfup_install::PROBE_VARIABLE)
}

/// What this process is to be, if it is a child. The variables are removed: what the program
/// starts is nobody's child here.
pub(crate) fn take_assignment() -> Result<Option<Assignment>, Error> {
    let (Some(control), generation, bin_path) = (read(CONTROL), read(GENERATION), read(BIN_PATH))
    else {
        return Ok(None);
    };
    sys::env::remove(&[CONTROL, GENERATION, BIN_PATH]);
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
        .ok_or_else(|| malformed(CONTROL, Some(&control)))?;
    let generation_number = generation
        .as_ref()
        .and_then(number)
        .and_then(Generation::from_number)
        .ok_or_else(|| malformed(GENERATION, generation.as_ref()))?;
    Ok(Some(Assignment {
        control: control_number,
        generation: generation_number,
        bin_path: bin_path.map(PathBuf::from).unwrap_or_default(),
    }))
}

#[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
fn read(name: &str) -> Option<OsString> {
    env::var_os(name)
}
