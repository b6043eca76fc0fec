//! What the lifecycle wants done.

use selfup_signals::End;

use crate::{
    event::{Arrived, Cause, Unsuitable},
    generation::Generation,
};

/// What the lifecycle wants done; each is performed in order, by one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a child. Answered by [`SpawnFailed`](crate::Event::SpawnFailed) if that fails.
    Spawn(Generation, Program),
    /// The child serves from now on.
    Promote(Generation),
    /// Have a child drain: finish what it has and exit.
    Drain(Generation),
    /// Have a draining child end now.
    Hasten(Generation),
    /// Pass a signal on.
    Send(Generation, Arrived),
    /// Continue a child if job control has stopped it.
    Continue(Generation),
    /// End a child with SIGKILL, and say why.
    Kill(Generation, Overdue),
    /// Stop the master itself, as job control asked.
    StopSelf(Arrived),
    /// Keep the new executable for good.
    Commit,
    /// Go back to the proven executable, and remember what the new one has failed of.
    RollBack(Blame),
    /// Go back to the proven executable: the new one could not be tried here, for no fault of its
    /// own.
    Shelve,
    /// The upgrade was not decided about, and it is not its fault that the master ends.
    Excuse,
    /// Let go of the master's copies of the sockets: no further child will be started.
    CloseSockets,
    /// End the master as this child ended.
    EndLike(End),
    /// Report what happened.
    Report(Note),
}

/// Which executable a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The one at the path.
    Proven,
    /// The new one, which is not committed yet.
    Trial,
}

/// What a new executable has failed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Its child did not get ready; how it ended, if it ended by itself.
    NotReady(Option<End>),
    /// Nothing: it was rolled back by hand.
    ByHand,
    /// Its child got ready, and ended in the probation.
    Probation(End),
}

/// What a child that had to be killed was late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// It was to become ready.
    Ready,
    /// It was to finish and exit.
    Exit,
    /// Nothing: it cannot run under this master.
    Unsuitable(Unsuitable),
    /// Nothing: the executable that it runs was rolled back.
    RolledBack,
}

/// What the lifecycle reports; nothing is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A restart begins.
    Restarting(Cause),
    /// A restart was asked for and waits for the one under way, or for a place to drain in.
    RestartWaits(Cause),
    /// A restart was asked for while the master is stopping.
    RestartIgnored(Cause),
    /// A child asked for a restart that is replaced already.
    RestartOutdated(Generation),
    /// The first child is late with its readiness; it counts as ready, since nothing else serves.
    AssumedReady(Generation),
    /// The candidate failed, by ending or otherwise; the active child goes on serving.
    CandidateFailed(Generation, Option<End>),
    /// The active child ended while its successor was starting.
    ActiveLost(Generation, End),
    /// The upgraded child ended in its probation.
    ProbationFailed(Generation, End),
    /// A child ended soon after it took over; another is started in its place.
    Revived(Generation, End),
    /// A signal waits until a child is ready for it.
    SignalWaits(Arrived),
    /// No further child will be started; the master ends when the children have.
    Stopping,
}
