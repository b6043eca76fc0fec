//! The arguments of execve(2), prepared before fork.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use super::pid_variable::PidVariable;
use super::program;
use crate::offer::{LISTEN_FDNAMES, LISTEN_FDS, LISTEN_PID, VARIABLES};
use crate::set::FdSet;
use crate::sys::pointers::Pointers;

/// Program, arguments and environment, ready for a child in which nothing may be allocated.
pub(crate) struct Image {
    pub(crate) candidates: Vec<CString>,
    pub(crate) arguments: Pointers,
    pub(crate) environment: Pointers,
}

impl Image {
    pub(super) fn new(
        set: &FdSet,
        command: &Command,
        arg0: Option<&OsStr>,
        env_clear: bool,
        pid_variables: &[&str],
    ) -> io::Result<Self> {
        let mut variables = variables(command, env_clear);
        let path = variables.get(OsStr::new("PATH")).map(OsString::as_os_str);
        let candidates = program::candidates(command.get_program(), path);
        for variable in VARIABLES.iter().chain(pid_variables) {
            variables.remove(OsStr::new(variable));
        }
        let arg0 = arg0.unwrap_or(command.get_program());
        let arguments = [arg0].into_iter().chain(command.get_args()).map(OsStr::to_owned);
        let environment = c_strings(variables.into_iter().map(|(key, value)| joined(&key, &value)));
        Ok(Self {
            candidates: c_strings(candidates)?,
            arguments: Pointers::new(c_strings(arguments)?),
            environment: with_offer(set, environment?, pid_variables)?,
        })
    }
}

/// Returns the environment that the standard library would give the child.
fn variables(command: &Command, env_clear: bool) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<_, _> =
        if env_clear { BTreeMap::new() } else { std::env::vars_os().collect() };
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => variables.insert(key.to_owned(), value.to_owned()),
            None => variables.remove(key),
        };
    }
    variables
}

/// Adds the `LISTEN_*` variables, unless no fd is passed, and the other variables with the pid.
fn with_offer(
    set: &FdSet,
    mut environment: Vec<CString>,
    pid_variables: &[&str],
) -> io::Result<Pointers> {
    let mut pids: Vec<_> = pid_variables.iter().copied().map(PidVariable::new).collect();
    if set.is_empty() {
        return Ok(Pointers::with_pids(environment, pids));
    }
    pids.push(PidVariable::new(LISTEN_PID));
    let names: Vec<&str> = set.iter().map(|(name, _)| name).collect();
    let count = OsString::from(set.len().to_string());
    environment.extend(c_strings([
        joined(LISTEN_FDS.as_ref(), &count),
        joined(LISTEN_FDNAMES.as_ref(), names.join(":").as_ref()),
    ])?);
    Ok(Pointers::with_pids(environment, pids))
}

fn joined(key: &OsStr, value: &OsStr) -> OsString {
    OsString::from_vec([key.as_bytes(), b"=", value.as_bytes()].concat())
}

fn c_strings(strings: impl IntoIterator<Item = OsString>) -> io::Result<Vec<CString>> {
    strings
        .into_iter()
        .map(|string| CString::new(string.into_vec()).map_err(io::Error::from))
        .collect()
}
