//! What to say of a source that nothing protects.

use crate::{current::Current, printable::printable};

/// What somebody should know who fetches from this `place` without encryption, if signatures do not
/// make up for it: the sentence for [`Fetch::caution`](crate::Fetch::caution).
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Current, unprotected};
///
/// let current = Current::new("/usr/bin/app", || "0123abcd".into());
/// let sentence = unprotected("http://host/app", &current).expect("no signature is wanted");
/// assert!(sentence.contains("use https:, or set a trusted key"));
/// assert!(unprotected("http://host/app", &current.signature_wanted(true)).is_none());
/// ```
#[must_use]
pub fn unprotected(place: &str, current: &Current) -> Option<String> {
    (!current.is_signature_wanted()).then(|| {
        format!(
            "new executables from {} are neither encrypted on their way nor signed, so that anybody \
             on the way can replace this program by any other; use https:, or set a trusted key \
             (trusted_key)",
            printable(place)
        )
    })
}
