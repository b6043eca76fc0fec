//! The master: holds the sockets, starts the program as its child, and replaces it.
//!
//! One loop waits for signals, children, other threads and deadlines, and feeds them to
//! [`Lifecycle::step`]. `perform` then does what the lifecycle decides.

mod answers;
mod decisions;
mod event_loop;
mod messages;
mod perform;
mod reaping;
mod replaced;
mod signals;
pub(crate) mod start;

use std::{collections::VecDeque, time::Instant};

use selfup_fds::{FdSet, SocketFiles};
use selfup_install::Id;
use selfup_lifecycle::{Generation, Input, Lifecycle};
use selfup_signals::{End, Received, Receiver};

use crate::{
    children::{Children, Recipe},
    executable::Executable,
    inbox::{Inbox, Sender},
    left_running::LeftRunning,
    manager::Manager,
    orphans::Orphans,
    pid_file::PidFile,
    reporter::Reporter,
    upgrades::Upgrades,
};

/// A master whose first child has been started.
#[derive(Debug)]
pub struct Master {
    lifecycle: Lifecycle,
    /// What has happened, and the lifecycle has not handled yet.
    inputs: VecDeque<Input>,
    started: Instant,
    /// When the loop was last woken.
    awake: Instant,
    recipe: Recipe,
    /// The master's copies of the sockets. Empty once no further child will be started.
    fds: FdSet,
    /// The files of sockets, which are removed at the end.
    socket_files: SocketFiles,
    pid_file: Option<PidFile>,
    children: Children,
    /// What children that have ended may have left running.
    left: Vec<LeftRunning>,
    orphans: Orphans,
    signals: Receiver,
    /// Signals that have been received, and not handled yet.
    unread: Vec<Received>,
    sender: Sender,
    inbox: Inbox,
    upgrades: Upgrades,
    /// The executable of the child that serves.
    executable: Option<Executable>,
    /// The first child that runs the executable on trial, until that is decided about.
    trial: Option<Generation>,
    /// The newest child that has declared a version, and that version.
    newest_version: Option<(Generation, String)>,
    /// The executable that was rolled back last, which has been reported.
    rolled_back: Option<Id>,
    /// The latest request to restart, and those of operators, which wait until it is known what is at the path.
    wants_restart: Vec<Input>,
    reporter: Reporter,
    manager: Manager,
    /// Whether the last stop signal reached the children as well.
    group_was_stopped: bool,
    /// How the master ends, once that is decided.
    end: Option<End>,
}
