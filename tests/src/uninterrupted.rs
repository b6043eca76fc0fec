//! Calls that a signal may interrupt: with a time limit on the socket, the kernel does not repeat them
//! (signal(7)).

use std::io;

/// Repeats a call as long as it is interrupted.
///
/// # Errors
///
/// Those of the call.
pub fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
