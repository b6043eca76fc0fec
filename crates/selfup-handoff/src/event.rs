//! What is reported.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use crate::error::Error;

/// What happens in a handoff.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The successor or helper has been started.
    #[non_exhaustive]
    Started {
        /// Its pid.
        pid: u32,
    },
    /// The handoff has failed, and this process serves on.
    Failed(Error),
    /// The successor is the service now, and this process drains.
    #[non_exhaustive]
    Replaced {
        /// Its pid.
        pid: u32,
    },
    /// The helper serves. This process drains, and then executes the new file in its own place.
    #[non_exhaustive]
    Returning {
        /// The pid of the helper.
        pid: u32,
    },
    /// The executable that serves has survived its probation, and is at the path now.
    #[non_exhaustive]
    Committed {
        /// The path.
        path: PathBuf,
    },
    /// An upgrade has ended before its probation was over, and is refused. This process, which runs what was proven
    /// before, was started in its place.
    #[non_exhaustive]
    RolledBack {
        /// The SHA-1 of the executable that is refused.
        refused: String,
    },
    /// Something did not work that is not needed for a handoff.
    Warning(String),
}

/// The default: failures and warnings go to stderr.
pub(crate) fn print(event: &Event) {
    let line = match event {
        Event::Failed(error) => {
            let cause = std::error::Error::source(error);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("[selfup handoff] {error}{cause}; this process serves on")
        }
        Event::RolledBack { refused } => format!(
            "[selfup handoff] {refused} has ended before its probation was over, and is refused; this process runs \
             what was proven before"
        ),
        Event::Warning(text) => format!("[selfup handoff] {text}"),
        _ => return,
    };
    // Without a reader there is nothing to do about it.
    let _printed = io::stderr().write_all(format!("{line}\n").as_bytes());
}
