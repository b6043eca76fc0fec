//! Makes a fetcher of a closure.

use std::{error, fmt, time::Duration};

use crate::{
    artifact::Artifact,
    error::{Error, ErrorKind},
    fetch::Fetch,
    running_executable::RunningExecutable,
};

/// Makes a fetcher of a closure.
///
/// The closure has to remember what it has returned. If it returns the same bytes again, the caller finds out by
/// reading them. An error that is or contains an [`Error`] is passed on; any other becomes a transient
/// [`ErrorKind::Other`].
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Artifact, RunningExecutable, from_fn};
/// use std::time::Duration;
///
/// let fetcher = from_fn(|current: &RunningExecutable| {
///     let next = std::fs::File::open(current.path().with_extension("next"))?;
///     Ok::<_, std::io::Error>(Some(Artifact::new(next)))
/// })
/// .interval(Duration::from_secs(60));
/// # drop(fetcher);
/// ```
pub const fn from_fn<F, E>(f: F) -> FromFn<F>
where
    F: FnMut(&RunningExecutable) -> Result<Option<Artifact>, E> + Send,
    E: Into<Box<dyn error::Error + Send + Sync>>,
{
    FromFn { f, interval: None }
}

/// The fetcher that [`from_fn`] returns.
#[must_use]
pub struct FromFn<F> {
    f: F,
    interval: Option<Duration>,
}

impl<F> FromFn<F> {
    /// Sets how long to wait between two calls. By default the caller decides.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }
}

impl<F, E> Fetch for FromFn<F>
where
    F: FnMut(&RunningExecutable) -> Result<Option<Artifact>, E> + Send,
    E: Into<Box<dyn error::Error + Send + Sync>>,
{
    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        (self.f)(current).map_err(|error| own(error.into()))
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

fn own(error: Box<dyn error::Error + Send + Sync>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(own) => return *own,
        Err(other) => other,
    };
    match error.downcast::<std::io::Error>() {
        Ok(io) => Error::from(*io),
        Err(other) => Error::new(ErrorKind::Other, other.to_string()).with_source(other),
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn").field("interval", &self.interval).finish_non_exhaustive()
    }
}
