//! The warning about a source without encryption.

use crate::{printable::printable, running_executable::RunningExecutable};

/// Returns the warning about fetching from `place` without encryption, unless signatures are verified. It is the
/// sentence for [`Fetch::caution`](crate::Fetch::caution).
///
/// # Examples
///
/// ```
/// use selfup_fetch::{RunningExecutable, unprotected};
///
/// let current = RunningExecutable::new("/usr/bin/app", || "0123abcd".into());
/// let sentence = unprotected("http://host/app", &current).expect("no signature is wanted");
/// assert!(sentence.contains("use https:, or set a trusted key"));
/// assert!(unprotected("http://host/app", &current.with_signature_wanted(true)).is_none());
/// ```
#[must_use]
pub fn unprotected(place: &str, current: &RunningExecutable) -> Option<String> {
    (!current.is_signature_wanted()).then(|| {
        format!(
            "new executables from {} are neither encrypted on their way nor signed, so that anybody \
             on the way can replace this program by any other; use https:, or set a trusted key \
             (trusted_key)",
            printable(place)
        )
    })
}
