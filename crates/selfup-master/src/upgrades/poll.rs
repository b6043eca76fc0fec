//! One look at the source, and what follows from it.

use std::time::{Duration, SystemTime};

use selfup_fetch::{Artifact, Backoff, Outcome};
use selfup_install::ErrorKind;

use super::{reports::Failure, worker::Worker};
use crate::{
    blame::{Blame, asked_to_wait, blame, is_overtaken, may_be_damaged},
    reason::{Check, RefusalReason},
    why::Reason,
};

/// How many times in a row another process may be installing before that is reported. Masters that share
/// an executable install one after the other, which takes some time.
const MOST_BUSY: u32 = 60;

/// How many times in a row the source may change while it is read before that is reported: it is no
/// fault to publish often.
const MOST_OVERTAKEN: u32 = 5;

/// The result of a poll.
pub(super) enum Poll {
    Nothing,
    Arrived(Outcome),
    /// What came is worth another attempt. The failure is reported, if there is one.
    Doubted {
        failure: Option<Failure>,
    },
    /// The source changed while it was read.
    Overtaken,
    /// Another process is installing at this moment.
    Busy {
        failure: Failure,
    },
    Failed {
        failure: Failure,
        asked: Option<Duration>,
    },
}

impl Worker {
    /// Polls once, and returns the pause before the next time.
    pub(super) fn poll_once(&mut self, backoff: &mut Backoff) -> Duration {
        let poll = self.poll();
        self.polls += 1;
        let failed = self.has_failed(&poll);
        self.reports.polled(failed);
        if !matches!(poll, Poll::Busy { .. }) {
            self.busy = 0;
        }
        self.conclude(poll, backoff)
    }

    /// Acts on the result of a poll, and returns the pause before the next one.
    fn conclude(&mut self, poll: Poll, backoff: &mut Backoff) -> Duration {
        match poll {
            Poll::Nothing => backoff.after_success(self.interval),
            Poll::Arrived(outcome) => {
                self.settled(outcome);
                backoff.after_success(self.interval)
            }
            Poll::Doubted { failure } => {
                if let Some(failure) = failure {
                    self.reports.failed(failure);
                }
                // A fetcher that sees by itself whether there is something else is polled as usual.
                let pause = backoff.after_success(self.interval);
                match self.doubts.left() {
                    Some(left) if !self.fetcher.holds_back() => pause.max(left),
                    _ => pause,
                }
            }
            Poll::Overtaken => {
                self.failed();
                backoff.after_success(self.interval)
            }
            Poll::Busy { failure } => {
                self.failed();
                self.busy = self.busy.saturating_add(1);
                if self.is_stuck_behind_another() {
                    self.reports.failed(failure);
                }
                backoff.after_success(self.interval)
            }
            Poll::Failed { failure, asked } => {
                self.failed();
                self.reports.failed(failure);
                backoff.after_failure(asked)
            }
        }
    }

    /// Something has come, and it is settled what became of it.
    pub(super) fn settled(&mut self, outcome: Outcome) {
        if !matches!(outcome, Outcome::Refused | Outcome::Doubtful) {
            self.reports.forget();
        }
        self.doubts.settle_bytes();
        self.has_settled = true;
        self.fetcher.report(outcome);
    }

    pub(super) fn failed(&mut self) {
        self.fetcher.report(Outcome::Failed);
    }

    pub(super) fn poll(&mut self) -> Poll {
        if let Err(error) = self.intake.prepare() {
            return Poll::Failed { failure: Failure::from(&error), asked: None };
        }
        self.intake.look_at_what_serves();
        if self.intake.is_busy() || self.intake.paused().is_some() {
            return Poll::Nothing;
        }
        let is_retry = self.intake.may_try_again() || self.doubts.is_due();
        if is_retry {
            self.intake.release();
            self.fetcher.retry();
        }
        let fetched = self.fetcher.fetch(&self.current());
        self.shared.looks().last = Some(SystemTime::now());
        match fetched {
            // What is in doubt is still what there is.
            Ok(None) if self.doubts.are_bytes_doubted() && !is_retry => {
                Poll::Doubted { failure: None }
            }
            Ok(None) => {
                self.doubts.settle_bytes();
                if is_retry {
                    self.doubts.settle_suspicion();
                }
                Poll::Nothing
            }
            Ok(Some(artifact)) => {
                if !is_retry {
                    // The source has changed, or has nothing by which that could be seen.
                    self.doubts.settle_bytes();
                    if !artifact.signed_anew {
                        self.doubts.settle_suspicion();
                    }
                }
                self.take_in(artifact)
            }
            // A fetcher may read what another one brings it.
            Err(error)
                if error.kind() == selfup_fetch::ErrorKind::Changed && self.is_forbearing() =>
            {
                Poll::Overtaken
            }
            Err(error) => {
                Poll::Failed { failure: Failure::from(&error), asked: error.retry_after() }
            }
        }
    }

    pub(super) fn take_in(&mut self, artifact: Artifact) -> Poll {
        let (signed_anew, is_vouched) = (artifact.signed_anew, !artifact.digests.is_empty());
        let taken = self.intake.take_in(artifact, &self.heard, &mut self.reports);
        if let Err(error) = &taken
            && is_overtaken(error)
            && self.is_forbearing()
        {
            return Poll::Overtaken;
        }
        self.overtaken = 0;
        let is_suspect = !is_vouched && taken.as_ref().is_err_and(may_be_damaged);
        let poll = match taken {
            // The validators are new, and no digest vouches for the bytes: a cache may have returned
            // the bytes that it still had.
            Ok(Outcome::UpToDate) if self.has_settled && !is_vouched => {
                self.doubts.the_same();
                self.fetcher.report(Outcome::Doubtful);
                if self.fetcher.holds_back() {
                    return Poll::Doubted { failure: None };
                }
                // Without validators each poll brings the same.
                Poll::Arrived(Outcome::UpToDate)
            }
            Ok(outcome) => Poll::Arrived(outcome),
            Err(error) => match blame(&error) {
                Blame::Proven => {
                    let (check, reason) = (Check::from(error.kind()), Reason::of(&error));
                    self.reports.refused(self.intake.read, RefusalReason::Check { check, reason });
                    Poll::Arrived(Outcome::Refused)
                }
                Blame::Doubted => {
                    self.doubts.damaged(asked_to_wait(&error));
                    self.fetcher.report(Outcome::Doubtful);
                    return Poll::Doubted { failure: Some(Failure::from(&error)) };
                }
                Blame::Nothing if error.kind() == ErrorKind::Busy => {
                    Poll::Busy { failure: Failure::from(&error) }
                }
                Blame::Nothing => {
                    Poll::Failed { failure: Failure::from(&error), asked: asked_to_wait(&error) }
                }
            },
        };
        match poll {
            Poll::Arrived(_) if is_suspect => self.doubts.suspect(),
            Poll::Arrived(_) => self.doubts.settle_suspicion(),
            _ => {}
        }
        match poll {
            Poll::Arrived(Outcome::Refused) if signed_anew => self.doubts.signed_in_vain(),
            Poll::Arrived(_) => self.doubts.settle_signature(),
            _ => {}
        }
        poll
    }

    /// Counts that the source has changed while it was read, and returns whether that is no failure yet.
    fn is_forbearing(&mut self) -> bool {
        self.overtaken = self.overtaken.saturating_add(1);
        self.overtaken <= MOST_OVERTAKEN
    }

    /// Whether a poll counts as a failure.
    pub(super) fn has_failed(&self, poll: &Poll) -> bool {
        match poll {
            Poll::Failed { .. } | Poll::Doubted { failure: Some(_) } => true,
            Poll::Busy { .. } => self.is_stuck_behind_another(),
            // This is neither a success nor a failure yet.
            Poll::Doubted { failure: None } | Poll::Overtaken => self.reports.is_failing(),
            Poll::Nothing | Poll::Arrived(_) => false,
        }
    }

    fn is_stuck_behind_another(&self) -> bool {
        self.busy > MOST_BUSY
    }
}
