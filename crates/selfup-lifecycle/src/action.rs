//! The outputs of the state machine: what the master has to do.

use std::time::Duration;

use selfup_signals::End;

use crate::{
    answer::Answer,
    asking::Ticket,
    generation::Generation,
    input::{Arrived, Cause, Unsuitable},
};

/// Something that the master has to do. It performs the actions of a step in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a child. If that fails, [`SpawnFailed`](crate::Input::SpawnFailed) follows.
    Spawn(Generation, Program),
    /// Make this child the active one.
    Promote(Generation),
    /// Have a child drain: finish its requests and exit.
    Drain(Generation),
    /// Have a draining child end at once.
    Hasten(Generation),
    /// Forward a signal.
    Send(Generation, Arrived),
    /// Continue a child if job control has stopped it.
    Continue(Generation),
    /// Kill a child with SIGKILL, and report why.
    Kill(Generation, Overdue),
    /// Stop the master itself, as job control asked.
    StopSelf(Arrived),
    /// Commit the new executable.
    Commit,
    /// Return to the proven executable, and record why the new one failed.
    RollBack(Blame),
    /// Return to the proven executable without refusing the new one, which could not be tried here.
    Shelve,
    /// Put the previous executable back, because the present one was committed, and its children keep ending
    /// like this.
    FallBack(End),
    /// Record that the upgrade, which stays undecided, is not to blame for the end of the master.
    Excuse,
    /// Close the master's copies of the sockets: no further child will be started.
    CloseSockets,
    /// End the master as a child ended.
    EndLike(End),
    /// Report what happened.
    Report(Note),
    /// Answer an operator. Each ticket is answered once.
    Answer(Ticket, Answer),
}

/// Which executable a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The executable at the path.
    Proven,
    /// The new executable, which is not committed yet.
    Trial,
}

/// Why a new executable is rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Its child did not become ready. The end is known if the child ended by itself.
    NotReady(Option<End>),
    /// It was rolled back by hand.
    ByHand,
    /// Its child became ready, and ended in the probation.
    Probation(End),
}

/// Why a child is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// It did not become ready in time.
    Ready,
    /// It did not drain in time.
    Exit,
    /// It cannot run under this master.
    Unsuitable(Unsuitable),
    /// The executable that it runs was rolled back.
    RolledBack,
}

/// What the master reports. A report has no other effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A restart begins.
    Restarting(Cause),
    /// A restart waits for the one under way, or until fewer children drain.
    RestartWaits(Cause),
    /// A restart was requested while the master is stopping.
    RestartIgnored(Cause),
    /// A child that has been replaced already requested a restart.
    RestartOutdated(Generation),
    /// The first child is late. It is assumed to be ready, because no other child serves.
    AssumedReady(Generation),
    /// The candidate failed, by its end or otherwise.
    CandidateFailed(Generation, Option<End>),
    /// The active child ended while its successor was starting.
    ActiveLost(Generation, End),
    /// The child of an upgrade ended in its probation.
    ProbationFailed(Generation, End),
    /// A child ended soon after it took over, and another is started in its place.
    Revived(Generation, End),
    /// A child has ended, and another is started in its place after this pause.
    Respawned(Generation, End, Duration),
    /// A signal waits until a child is ready for it.
    SignalWaits(Arrived),
    /// No further child is started. The master ends with the last child.
    Stopping,
}
