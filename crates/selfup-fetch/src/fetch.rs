//! The trait [`Fetch`], and the outcome of an artifact.

use std::time::Duration;

use crate::{
    artifact::Artifact, error::Error, offer::Offer, running_executable::RunningExecutable,
};

/// A source of new executables that can be polled.
///
/// The calls come in this order, from one thread at a time: [`init`](Self::init) once, then
/// [`fetch`](Self::fetch) again and again, and after each artifact one
/// [`report`](Self::report) of what became of it. A fetch that follows an artifact without a report treats
/// it as [`Outcome::Failed`].
///
/// A fetcher neither logs nor retries by itself, and never ends the process. It may block, within deadlines of
/// its own.
pub trait Fetch: Send {
    /// Checks the configuration before the first poll.
    ///
    /// A fetcher that is not initialised still works, and reports a wrong configuration from its first
    /// [`fetch`](Self::fetch).
    ///
    /// # Errors
    ///
    /// The configuration can never work, mostly [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
    /// A condition that may change, such as a server that is not up yet, is not an error here.
    fn init(&mut self, current: &RunningExecutable) -> Result<(), Error> {
        let _ = current;
        Ok(())
    }

    /// Fetches what is new since the last artifact whose outcome was [final](Outcome::is_final), and returns
    /// `None` if nothing is.
    ///
    /// If a signature [is wanted](RunningExecutable::is_signature_wanted), it is fetched with each artifact. A
    /// missing signature is reported by the verifier, not by the fetcher. An artifact that was reported as
    /// [`Outcome::Refused`] is new again when its signature has changed, because a publisher may upload the
    /// signature after the executable. It is then marked as [signed anew](Artifact::signed_anew). The fetcher
    /// does not look for such a signature while [it is not due](RunningExecutable::is_signature_due).
    ///
    /// An artifact that was reported as [`Outcome::Doubtful`] comes again when the source has changed, or
    /// after [`retry`](Self::retry).
    ///
    /// The artifact's reader may fail, too. Its errors contain an [`Error`], which [`Error::from`] extracts.
    ///
    /// # Errors
    ///
    /// [`Error::is_transient`] returns whether another attempt can help.
    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error>;

    /// Returns what the source declares about its present executable, whatever was reported. No executable is
    /// fetched, and there is no outcome to report.
    ///
    /// If a signature [is wanted](RunningExecutable::is_signature_wanted), the offer has it. The default is
    /// `None`: the source declares nothing useful before the executable itself is fetched.
    ///
    /// # Errors
    ///
    /// Those of [`fetch`](Self::fetch).
    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        let _ = current;
        Ok(None)
    }

    /// Reports to the fetcher what became of the last artifact.
    ///
    /// The fetcher remembers an artifact as seen only if the outcome [is final](Outcome::is_final), and only by
    /// its identity *at the time it was fetched*: something published meanwhile is new.
    fn report(&mut self, outcome: Outcome) {
        let _ = outcome;
    }

    /// Returns whether the artifact last reported as [`Outcome::Doubtful`] is held back: the fetcher
    /// recognises it, and does not bring it again until the source changes, or until [`retry`](Self::retry).
    ///
    /// A fetcher that returns `false`, which is the default, brings it with its next fetch, so the caller has
    /// to wait before it polls.
    fn holds_back(&self) -> bool {
        false
    }

    /// Makes the next fetch bring what the source has, whatever was reported: an artifact that is
    /// [held back](Self::holds_back), or one that was installed and rolled back.
    fn retry(&mut self) {}

    /// Returns a warning for the operator before the first poll: one sentence that includes what to do. The
    /// default is `None`.
    ///
    /// It is called once, after [`init`](Self::init). [`RunningExecutable::is_signature_wanted`] returns
    /// whether signatures are verified.
    fn caution(&self, current: &RunningExecutable) -> Option<String> {
        let _ = current;
        None
    }

    /// Returns how long to wait between two polls. `None` leaves it to the caller.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// Returns where the executables come from, for people and without credentials: a path, a URL, a repository.
    /// The default is `None`.
    fn origin(&self) -> Option<String> {
        None
    }
}

/// The outcome of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was installed.
    Installed,
    /// It is the running executable.
    UpToDate,
    /// It was read completely and refused. The same bytes would be refused again.
    Refused,
    /// It did not arrive, or something unrelated failed. It is worth fetching again.
    Failed,
    /// It arrived, but may not be what the source has: it was damaged or truncated on its way, or it is the
    /// running executable although the source declares a new one, or it could not be tried in time. It is
    /// worth fetching again after a while, even if the source does not change.
    Doubtful,
}

impl Outcome {
    /// Returns whether the artifact need not be fetched again until the source changes.
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

    fn origin(&self) -> Option<String> {
        (**self).origin()
    }
}
