use selfup_signals::End;

use super::{Arrived, Cause, Generation};

/// What the lifecycle wants done; each is performed in order, by one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start a child. Answered by [`SpawnFailed`](super::Event::SpawnFailed) if that fails.
    Spawn(Generation),
    /// Tell a child to finish what it has and exit.
    Drain(Generation),
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
    /// Put the previous executable back, and refuse the new one from now on.
    Revert(Blame),
    /// The upgrade was not decided about, and it is not its fault that the master ends.
    Excuse,
    /// Let go of the master's copies of the sockets: no further child will be started.
    CloseSockets,
    /// End the master as this child ended.
    EndLike(End),
    /// Tell whoever listens what happened.
    Tell(Note),
}

/// What a new executable is refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Its child did not get ready; how it ended, if it ended by itself.
    NotReady(Option<End>),
    /// Its child got ready, and ended badly in the probation.
    Probation(End),
}

/// What a child that had to be killed was late with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// It was to become ready.
    Ready,
    /// It was to finish and exit.
    Exit,
    /// It speaks another control protocol, and cannot be supervised.
    Protocol,
    /// Nothing: the executable that it runs was taken back.
    Reverted,
}

/// What the lifecycle tells; nothing is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A restart begins.
    Restarting(Cause),
    /// A restart was asked for and waits for the one under way, or for a place to drain in.
    RestartWaits(Cause),
    /// A restart was asked for while the master is stopping.
    RestartIgnored(Cause),
    /// The child serves from now on.
    Serving(Generation),
    /// The first child is late with its readiness; it counts as ready, since nothing else serves.
    CountsAsReady(Generation),
    /// The candidate failed, by ending or otherwise; who served goes on serving.
    CandidateFailed(Generation, Option<End>),
    /// The active child ended while its successor was starting.
    ActiveLost(Generation, End),
    /// A child that was told to finish has ended.
    Drained(Generation, End),
    /// The upgraded child ended badly in its probation.
    ProbationFailed(Generation, End),
    /// A signal waits until a child is ready for it.
    SignalWaits(Arrived),
    /// No further child will be started; the master ends when the children have.
    Stopping,
}
