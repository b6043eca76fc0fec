//! What the program asks of the thread that sees to handoffs.

use std::sync::mpsc;

use crate::error::Result;

/// What the program asks for.
pub(crate) enum Request {
    Ready(mpsc::Sender<()>),
    Upgrade(mpsc::Sender<Result<()>>),
    /// To this executable, which is on trial.
    #[cfg(feature = "upgrade")]
    UpgradeTo(Box<selfup_install::Trial>, mpsc::Sender<Result<()>>),
    Stop(mpsc::Sender<()>),
    /// It has ended by itself, unless it was to drain.
    Stopping(mpsc::Sender<()>),
    /// It has drained.
    Finish(mpsc::Sender<Result<()>>),
}
