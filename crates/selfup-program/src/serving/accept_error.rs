//! What an error of accept(2) is about: one connection, or a lack that passes.

use std::io;

use crate::sys::system;

/// Whether the error concerns one connection, and not the socket: another generation was faster, the client or
/// its network has gone, or a firewall has forbidden the connection. The next one may be fine.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|number| {
        matches!(
            number,
            libc::EAGAIN
                | libc::EINTR
                | libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EPERM
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::ENETDOWN
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH
                | libc::ETIMEDOUT
        ) || system::CONNECTION_ERRORS.contains(&number)
    })
}

/// Whether the process or the machine lacks something for now.
pub(super) fn is_of_lack(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|number| {
        matches!(number, libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
            || system::LACKS.contains(&number)
    })
}
