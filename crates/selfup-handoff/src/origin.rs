//! How this process came to be.

use std::path::PathBuf;

use selfup_channel::{ChildEnd, FromChild, MasterEnd, VERSION};
use selfup_program::process::{
    env::{HandoffTold, take_handoff},
    exe_path::{launch_path, was_started_from},
};

use crate::{
    error::{Error, ErrorKind, Result},
    next::{Next, Process},
};

/// How this process came to be, with what leads to the other one.
#[derive(Debug)]
pub(crate) enum Origin {
    /// It was started by a person or a manager.
    First,
    /// Its predecessor has started it, and waits.
    Successor(ChildEnd),
    /// It has executed the new file in its own place, while a helper serves.
    Returned(Next),
}

/// What this process was started as.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) origin: Origin,
    pub(crate) generation: u64,
    /// The path from which it was started.
    pub(crate) path: PathBuf,
    /// The file that it runs, if that is on trial beside the one at the path.
    pub(crate) trial: Option<PathBuf>,
}

impl Start {
    /// Reads the environment.
    pub(crate) fn take() -> Result<Self> {
        let failed = |error| {
            let what = "could not take over from the predecessor";
            Error::new(ErrorKind::Start, what).because(error)
        };
        let Some(HandoffTold { assignment, helper, trial }) = take_handoff().map_err(failed)?
        else {
            let path = launch_path().map_err(failed)?;
            return Ok(Self { origin: Origin::First, generation: 1, path, trial: None });
        };
        let channel = assignment.channel().map_err(|error| {
            let what = "could not take over the channel to the predecessor";
            Error::new(ErrorKind::Start, what).because(error)
        })?;
        was_started_from(&assignment.bin_path);
        let origin = match helper {
            Some(pid) => {
                Origin::Returned(Next::new(MasterEnd::from(channel), Process::Pid(pid), None))
            }
            None => {
                let channel = ChildEnd::from(channel);
                // A predecessor that cannot be reached is noticed when the channel is read.
                let _sent = channel.send(&FromChild::Hello { version: VERSION, program: None });
                Origin::Successor(channel)
            }
        };
        Ok(Self { origin, generation: assignment.generation, path: assignment.bin_path, trial })
    }
}
