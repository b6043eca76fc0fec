//! Starts the next process, and executes its file in place of this one.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    os::{fd::AsRawFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use selfup_program::{
    launch::{Launch, Launched},
    process::env as variables,
};
use selfup_signals::{Pid, Signal};

use crate::{
    error::{Error, ErrorKind, Result},
    manager::Manager,
    next::{Next, Process},
    upgrader::Upgrader,
};

/// How every successor is started, and what came of the last one.
#[derive(Debug)]
pub(crate) struct Recipe {
    path: PathBuf,
    generation: u64,
    upgrade_signal: Signal,
    /// Why the last one could not be started.
    pub(crate) failed: Option<Error>,
    /// Whether the last one was late.
    pub(crate) is_late: bool,
    /// Whether the manager knows the last one as the main process already.
    pub(crate) was_announced: bool,
    /// The one that is the service now.
    pub(crate) successor: Option<Pid>,
    /// The signal by which this process ends at once.
    pub(crate) end_by: Signal,
}

/// Variables that are for this process alone.
const OURS: [&str; 9] = [
    variables::HANDOFF,
    variables::HANDOFF_PID,
    variables::TRIAL,
    variables::HELPER,
    variables::CONTROL,
    variables::CONTROL_PID,
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "FDSTORE",
];

impl Recipe {
    pub(crate) fn new(path: PathBuf, generation: u64, upgrade_signal: Signal) -> Self {
        Self {
            path,
            generation,
            upgrade_signal,
            failed: None,
            is_late: false,
            was_announced: false,
            successor: None,
            end_by: Signal::TERM,
        }
    }

    /// Starts the next process.
    pub(crate) fn start(
        &self,
        upgrader: &Upgrader,
        manager: &Manager,
        trial: Option<&Path>,
        deadline: Option<Instant>,
    ) -> Result<Next> {
        let fds = upgrader.descriptors().copies()?;
        let arguments: Vec<OsString> = env::args_os().collect();
        let launch = Launch {
            executable: trial.unwrap_or(&self.path),
            arg0: arguments.first().map_or(self.path.as_os_str(), OsString::as_os_str),
            args: arguments.get(1..).unwrap_or_default(),
            channel: (variables::HANDOFF, variables::HANDOFF_PID),
            variables: self.variables(manager, trial, self.generation + 1),
            // Set above, or meant for this process alone.
            without: if trial.is_some() { &OURS[3..] } else { &OURS[2..] },
            ignored: self.upgrade_signal,
            leads_group: false,
        };
        let launched = launch.start(&fds).map_err(|error| {
            let what = "could not start the successor";
            Error::new(ErrorKind::Successor, what).because(error)
        })?;
        let Launched { process, channel, .. } = launched;
        Ok(Next::new(channel, Process::Child(process), deadline))
    }

    /// Executes the file that the helper has proved, in place of this process. Returns only if that failed.
    pub(crate) fn execute(
        &self,
        upgrader: &Upgrader,
        helper: Option<&Next>,
        manager: &Manager,
        trial: Option<&Path>,
    ) -> Error {
        let fds = match upgrader.descriptors().copies() {
            Ok(fds) => fds,
            Err(error) => return error,
        };
        let proved = helper.and_then(|helper| helper.executable.as_ref());
        let path = trial.unwrap_or(&self.path);
        let path = match proved {
            Some(proved) if !leads_to(path, proved) => {
                PathBuf::from(format!("/proc/self/fd/{}", proved.as_raw_fd()))
            }
            _ => path.to_owned(),
        };
        let mut arguments = env::args_os();
        let arg0 = arguments.next().unwrap_or_else(|| self.path.clone().into());
        let mut command = Command::new(path);
        command.args(arguments);
        for variable in OURS {
            command.env_remove(variable);
        }
        // The helper has the number in between.
        command.envs(self.variables(manager, trial, self.generation + 2));
        let mut pass = fds.pass().arg0(arg0).pid_variable(variables::HANDOFF_PID);
        if let Some(helper) = helper {
            let number = pass.extra(helper.channel());
            command.env(variables::HANDOFF, number.to_string());
            command.env(variables::HELPER, helper.pid().to_string());
        }
        let error = pass.exec(&mut command);
        let what = "could not execute the new file in place of this process; its helper serves on";
        Error::new(ErrorKind::Execute, what).because(error)
    }

    /// Why the last successor has failed.
    pub(crate) fn why(&mut self) -> Error {
        if let Some(failed) = self.failed.take() {
            return failed;
        }
        let what = match std::mem::take(&mut self.is_late) {
            true => "could not hand over: the successor was not ready in time, and was ended",
            false => "could not hand over: the successor ended before it was ready",
        };
        Error::new(ErrorKind::Successor, what)
    }

    fn variables(
        &self,
        manager: &Manager,
        trial: Option<&Path>,
        generation: u64,
    ) -> Vec<(&'static str, OsString)> {
        let trial = trial.map(|trial| (variables::TRIAL, trial.into()));
        let notify = manager.notify.as_ref().map(|notify| ("NOTIFY_SOCKET", notify.told.clone()));
        let generation = generation.to_string();
        [
            (variables::GENERATION, generation.into()),
            (variables::BIN_PATH, self.path.clone().into()),
        ]
        .into_iter()
        .chain(notify)
        .chain(trial)
        .collect()
    }
}

fn leads_to(path: &Path, file: &File) -> bool {
    let there = fs::metadata(path).map(|there| (there.dev(), there.ino()));
    let proved = file.metadata().map(|proved| (proved.dev(), proved.ino()));
    there.is_ok_and(|there| proved.is_ok_and(|proved| proved == there))
}
