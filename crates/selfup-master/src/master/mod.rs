//! The master: holds the sockets, starts the program as its child, and replaces it.
//!
//! One loop waits for signals, children, other threads and deadlines, and feeds them to
//! [`Lifecycle::step`]; one function does what that decides.

mod event_loop;
mod perform;
mod replaced;
mod start;

use std::{collections::VecDeque, time::Instant};

use selfup_fds::{FdSet, SocketFiles};
use selfup_install::Id;
use selfup_lifecycle::{Event, Generation, Lifecycle};
use selfup_signals::{End, Received, Receiver};

use crate::{
    children::{Children, Recipe},
    executable::Executable,
    left_running::Left,
    mailbox::{Mail, Mailbox},
    manager::Manager,
    orphans::Orphans,
    pid_file::PidFile,
    reporter::Reporter,
    upgrades::Upgrades,
};

pub use start::NotStarted;

/// A master whose first child has been started.
#[derive(Debug)]
pub struct Master {
    lifecycle: Lifecycle,
    /// What has happened and was not looked at yet.
    events: VecDeque<Event>,
    started: Instant,
    /// When the loop was last woken.
    awake: Instant,
    recipe: Recipe,
    /// The master's copies; none once no further child will be started.
    fds: FdSet,
    /// What is to be removed of the sockets at the end.
    socket_files: SocketFiles,
    pid_file: Option<PidFile>,
    children: Children,
    /// What children have left running.
    left: Vec<Left>,
    orphans: Orphans,
    signals: Receiver,
    /// Received, but not looked at yet.
    unread: Vec<Received>,
    mailbox: Mailbox,
    mail: Mail,
    upgrades: Upgrades,
    /// What the child that serves runs.
    executable: Option<Executable>,
    /// The children from this one on run what was installed, until it is decided about.
    trial: Option<Generation>,
    /// The newest child that has said its version.
    newest_version: Option<(Generation, String)>,
    /// What was rolled back last, which has been told.
    rolled_back: Option<Id>,
    /// What asked for a restart, and waits until it is known what is at the path.
    wants_restart: Option<Event>,
    reporter: Reporter,
    manager: Manager,
    /// Whether what stopped the master last reached its children as well.
    group_was_stopped: bool,
    /// How the master is to end.
    end: Option<End>,
}
