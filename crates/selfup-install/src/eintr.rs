//! Repeats system calls that a signal has interrupted.

use std::io;

/// Repeats a call until it is not interrupted. The call must change nothing when it is interrupted, or must be
/// safe to repeat.
pub(crate) fn retry_on_eintr<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
