//! Taking over a descriptor by its number.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd, RawFd},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::stat::{SFlag, fstat},
};

/// Whether a pipe is open under this number that this process was started with: what a process opens by itself is
/// closed on exec, unless it takes care that it is not.
pub(crate) fn is_inherited_pipe(number: RawFd) -> io::Result<bool> {
    // SAFETY: the number is only asked for its flags and its kind, which fails cleanly if it is not open.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    let flags = FdFlag::from_bits_retain(fcntl(borrowed, FcntlArg::F_GETFD)?);
    let kind = SFlag::from_bits_retain(fstat(borrowed)?.st_mode) & SFlag::S_IFMT;
    Ok(!flags.contains(FdFlag::FD_CLOEXEC) && kind == SFlag::S_IFIFO)
}

/// Takes over the descriptor that the master handed to this process under a number.
pub(crate) fn adopt(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the number is only asked for its flags, which fails cleanly if it is not open.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    // SAFETY: it is open, as was just seen, and by the convention of the environment variable
    // that names it, which is removed by now, nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
