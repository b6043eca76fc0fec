//! Which new executables are not tried, why, and how that is forgiven.

use std::{fmt, time::SystemTime};

use selfup_install::{Id, Target};

use selfup_master::{Error, ErrorKind, Result};
use selfup_program::process::exe_path::launch_path;

/// A new executable that is not tried.
///
/// Its `Display` is one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The SHA-1 of the executable.
    pub id: String,
    /// Why, in one line.
    pub reason: String,
    /// When it was refused, to the second.
    pub since: SystemTime,
    /// How often it has failed when it was tried. 0 if it was refused by hand, as by
    /// [`rollback`](crate::rollback).
    pub failures: u32,
    /// When it may be tried again; `None` if it has to be [forgiven](forgive) first.
    pub retry_at: Option<SystemTime>,
}

/// The releases of the executable that runs here that were refused, the latest first. At most 64 are remembered.
///
/// A release that fails when it is tried, because its child dies or is not ready in time, may be tried again after
/// 1, 4, 24 and 24 hours, if it is still offered: the failure may have been the machine's. After five failures it
/// is refused for good; a release that was rolled back by hand is refused for good at once. A release that a check
/// turns down (a signature, a version) is not listed: the check would turn down the same bytes again.
///
/// ```no_run
/// for refusal in selfup::refusals()? {
///     println!("{refusal}");
/// }
/// # Ok::<(), selfup::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Executable`]: the record beside the executable cannot be read.
pub fn refusals() -> Result<Vec<Refusal>> {
    let refusals =
        target()?.refusals().map_err(|error| failed("could not list refusals", error))?;
    Ok(refusals.iter().map(Refusal::from).collect())
}

/// Forgives a refused executable: if it is still offered, the master tries it again with its next poll. Returns
/// whether it was refused.
///
/// `id` is its SHA-1 in 40 hexadecimal digits, as [`Refusal::id`] has it.
///
/// ```no_run
/// for refusal in selfup::refusals()? {
///     selfup::forgive(&refusal.id)?;
/// }
/// # Ok::<(), selfup::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Configuration`]: `id` is no SHA-1. [`ErrorKind::Executable`]: the record beside the executable
/// cannot be written, for example for want of permission.
pub fn forgive(id: &str) -> Result<bool> {
    let what = format!("could not forgive {id:?}: it is no SHA-1 of an executable");
    let id: Id =
        id.parse().map_err(|error| Error::new(ErrorKind::Configuration, what).because(error))?;
    target()?.forgive(id).map_err(|error| failed("could not forgive a refusal", error))
}

fn target() -> Result<Target> {
    Target::new(launch_path()?).map_err(|error| failed("could not look at refusals", error))
}

fn failed(what: &str, error: selfup_install::Error) -> Error {
    Error::new(ErrorKind::Executable, what).because(error)
}

impl From<&selfup_install::Refusal> for Refusal {
    fn from(refusal: &selfup_install::Refusal) -> Self {
        Self {
            id: refusal.id().to_string(),
            reason: refusal.reason().to_owned(),
            since: refusal.time(),
            failures: refusal.failures(),
            retry_at: refusal.retry_at(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused: {}", self.id, self.reason)?;
        match (self.failures, self.retry_at) {
            (0, _) => Ok(()),
            (failures, None) => write!(f, " (for good, after {failures} failures)"),
            (failures, Some(at)) => {
                let left = at.duration_since(SystemTime::now()).unwrap_or_default();
                let minutes = left.as_secs().div_ceil(60);
                write!(f, " (failure {failures}; may be tried again in {minutes} min)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    #[test]
    fn what_is_no_id_is_told_as_a_mistake() {
        let (prefix, longer) = (&ID[..12], format!("{ID}0"));
        let prefixed = format!("sha1:{ID}");
        let spaced = format!("{}\n", &ID[1..]);
        for id in [
            "",
            " ",
            prefix,
            &longer,
            &prefixed,
            &spaced,
            "/usr/bin/app",
            "1.2.3",
            "é",
            "\u{1b}[1m",
        ] {
            let error = forgive(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{id:?}");
            let text = error.to_string();
            let told = format!("could not forgive {id:?}: it is no SHA-1 of an executable");
            assert!(text.starts_with(&told) && !text.contains(char::is_control), "{text}");
        }
    }
}
