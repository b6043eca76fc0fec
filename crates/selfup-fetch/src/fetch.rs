//! The trait of all fetchers, and what became of an artifact.

use std::time::Duration;

use crate::{
    artifact::Artifact, error::Error, offer::Offer, running_executable::RunningExecutable,
};

/// A source of new executables that can be asked whether it has one.
///
/// The calls come in this order, from one thread at a time: [`init`](Self::init) once, then
/// [`fetch`](Self::fetch) again and again, and after each artifact one
/// [`report`](Self::report) of what became of it. A fetch that follows an artifact without a report treats
/// it as [`Outcome::Failed`].
///
/// A fetcher never logs, never retries by itself and never ends the process. It may block, within
/// deadlines of its own.
pub trait Fetch: Send {
    /// Looks at the configuration before the first poll.
    ///
    /// A fetcher that nobody initialised still works; it then reports a bad configuration from
    /// its first [`fetch`](Self::fetch).
    ///
    /// # Errors
    ///
    /// What can never work is refused here, most often with
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration). What may work later, such
    /// as a server that is not up yet, is not.
    fn init(&mut self, current: &RunningExecutable) -> Result<(), Error> {
        let _ = current;
        Ok(())
    }

    /// Asks for what is new since the last artifact whose outcome was [final](Outcome::is_final).
    ///
    /// `None`: nothing. Where a signature [is wanted](RunningExecutable::is_signature_wanted), it is fetched
    /// anew with each artifact; that there is none is for whoever verifies to complain about. What
    /// was reported as [`Outcome::Refused`] is new again when its signature has changed: who
    /// publishes may bring the signature after the executable. It is then marked as
    /// [signed anew](Artifact::signed_anew), and it is not looked for while the caller says that
    /// [it is not due](RunningExecutable::is_signature_due).
    ///
    /// What was reported as [`Outcome::Doubtful`] comes again when the source has changed, or after
    /// [`retry`](Self::retry).
    ///
    /// The artifact's reader may fail as well; its errors hold an [`Error`],
    /// which [`Error::from`] gives back.
    ///
    /// # Errors
    ///
    /// [`Error::is_transient`] tells whether asking again later can help.
    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error>;

    /// Asks what there is, whatever was reported, and returns what the source says of it alone: no
    /// executable is fetched, and there is no outcome to report.
    ///
    /// `None`, which is the default: this source says nothing before the executable itself comes, or
    /// nothing of use. Where a signature [is wanted](RunningExecutable::is_signature_wanted), the offer has it.
    ///
    /// # Errors
    ///
    /// As for [`fetch`](Self::fetch).
    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        let _ = current;
        Ok(None)
    }

    /// Reports to the fetcher what became of the last artifact.
    ///
    /// The fetcher remembers an artifact as seen only if the outcome [is final](Outcome::is_final), and only
    /// its identity *at the time it was fetched*: what was published meanwhile is new.
    fn report(&mut self, outcome: Outcome) {
        let _ = outcome;
    }

    /// Whether what was reported as [`Outcome::Doubtful`] last is held back: known by what the source
    /// says of its state, and not brought again until that changes, or until [`retry`](Self::retry).
    ///
    /// A fetcher that returns `false`, which is the default, brings it with its next fetch, so that
    /// the caller has to wait instead of asking.
    fn holds_back(&self) -> bool {
        false
    }

    /// Has the next fetch bring what the source has, whatever was reported: what is
    /// [held back](Self::holds_back), or was installed and is not any more.
    fn retry(&mut self) {}

    /// What whoever runs the program should know before the first poll, in one sentence that says
    /// what to do about it; `None`, the default, if there is nothing.
    ///
    /// It is asked once, after [`init`](Self::init). Whether signatures are verified says
    /// [`RunningExecutable::is_signature_wanted`].
    fn caution(&self, current: &RunningExecutable) -> Option<String> {
        let _ = current;
        None
    }

    /// How long to wait between two polls; `None` leaves it to the caller.
    fn interval(&self) -> Option<Duration> {
        None
    }
}

/// What became of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was installed.
    Installed,
    /// It is what runs already.
    UpToDate,
    /// It was read to its end and turned down; the same bytes would be turned down again.
    Refused,
    /// It did not arrive, or something unrelated to it went wrong; it is worth fetching again.
    Failed,
    /// It came, and what came may not be what the source has: it was damaged or cut off on its way,
    /// or it is what runs while the source speaks of something new, or it could not be tried in time.
    /// It is worth fetching again, in a while, though nothing changes at the source.
    Doubtful,
}

impl Outcome {
    /// Whether the artifact need not be fetched again until the source changes.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Installed | Self::UpToDate | Self::Refused => true,
            Self::Failed | Self::Doubtful => false,
        }
    }
}

impl<F: Fetch + ?Sized> Fetch for Box<F> {
    fn init(&mut self, current: &RunningExecutable) -> Result<(), Error> {
        (**self).init(current)
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        (**self).fetch(current)
    }

    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        (**self).look(current)
    }

    fn report(&mut self, outcome: Outcome) {
        (**self).report(outcome);
    }

    fn holds_back(&self) -> bool {
        (**self).holds_back()
    }

    fn retry(&mut self) {
        (**self).retry();
    }

    fn caution(&self, current: &RunningExecutable) -> Option<String> {
        (**self).caution(current)
    }

    fn interval(&self) -> Option<Duration> {
        (**self).interval()
    }
}
