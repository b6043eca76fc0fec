//! The path by which this process was executed.

use std::path::PathBuf;

/// The path that was given to execve(2) for this process, as it was given: a symbolic link is not
/// resolved, and a relative path is relative to the directory at that time.
///
/// See [getauxval(3)](https://man7.org/linux/man-pages/man3/getauxval.3.html), `AT_EXECFN`.
#[cfg(target_os = "linux")]
pub(crate) fn path_given_to_exec() -> Option<PathBuf> {
    use std::{
        ffi::{CStr, OsStr},
        os::unix::ffi::OsStrExt,
    };

    // SAFETY: getauxval has no preconditions.
    let address = unsafe { libc::getauxval(libc::AT_EXECFN) };
    if address == 0 {
        return None;
    }
    // SAFETY: the kernel put a string that ends in NUL there, which lives as long as the process.
    let path = unsafe { CStr::from_ptr(address as *const libc::c_char) };
    Some(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

/// The kernel does not say, or nobody has asked it here yet.
#[cfg(not(target_os = "linux"))]
pub(crate) fn path_given_to_exec() -> Option<PathBuf> {
    None
}
