//! Taking over a descriptor by its number.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

/// Takes over the descriptor that the master handed to this process under a number.
pub(crate) fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the number is only asked for its flags, which fails cleanly if it is not open.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    // SAFETY: it is open, as was just seen, and by the convention of the environment variable
    // that names it, which is removed by now, nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
