//! Calls that a signal has interrupted.

use std::io;

/// Makes the call until it is not interrupted any more. For those only that change nothing when
/// they are interrupted, or the same again when they are repeated.
pub(crate) fn retry_on_eintr<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
