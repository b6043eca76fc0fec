//! System calls of Linux: extended attributes, inode flags, mount flags, reserving space.
#![allow(unsafe_code, reason = "system calls that no safe wrapper in the tree offers")]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

/// Whether this system executes Mach-O files.
pub(crate) const RUNS_MACH_O: bool = false;

/// A bit of `FS_IOC_GETFLAGS`, see ioctl_iflags(2).
const FS_IMMUTABLE_FL: libc::c_int = 0x10;
const FS_APPEND_FL: libc::c_int = 0x20;

/// Returns the names of all extended attributes, or none if the file system does not support them.
pub(crate) fn attribute_names(file: &File) -> io::Result<Vec<CString>> {
    let list = sized(|buffer| {
        // SAFETY: the pointer and the length belong to one live, writable buffer.
        unsafe { libc::flistxattr(file.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) }
    });
    let list = match list {
        Err(error) if error.raw_os_error() == Some(libc::ENOTSUP) => return Ok(Vec::new()),
        other => other?,
    };
    let names = list.split_inclusive(|byte| *byte == 0);
    Ok(names.filter_map(|name| CStr::from_bytes_with_nul(name).ok()).map(CStr::to_owned).collect())
}

/// Returns the value of an extended attribute, if the file has it.
pub(crate) fn attribute(file: &File, name: &CStr) -> io::Result<Option<Vec<u8>>> {
    let value = sized(|buffer| {
        let (pointer, length) = (buffer.as_mut_ptr().cast(), buffer.len());
        // SAFETY: the name ends in nul; pointer and length belong to one live, writable buffer.
        unsafe { libc::fgetxattr(file.as_raw_fd(), name.as_ptr(), pointer, length) }
    });
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENODATA | libc::ENOTSUP)) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Creates or replaces an extended attribute.
pub(crate) fn set_attribute(file: &File, name: &CStr, value: &[u8]) -> io::Result<()> {
    let (pointer, length) = (value.as_ptr().cast(), value.len());
    // SAFETY: the name ends in nul; pointer and length belong to one live, readable slice.
    let result = unsafe { libc::fsetxattr(file.as_raw_fd(), name.as_ptr(), pointer, length, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Removes an extended attribute.
pub(crate) fn remove_attribute(file: &File, name: &CStr) -> io::Result<()> {
    // SAFETY: the name ends in nul.
    let result = unsafe { libc::fremovexattr(file.as_raw_fd(), name.as_ptr()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Calls once for the size and once for the content, and again if that grew in between.
fn sized(mut call: impl FnMut(&mut [u8]) -> isize) -> io::Result<Vec<u8>> {
    loop {
        let length = length(call(&mut []))?;
        let mut buffer = vec![0; length];
        if length == 0 {
            return Ok(buffer);
        }
        match self::length(call(&mut buffer)) {
            Err(error) if error.raw_os_error() == Some(libc::ERANGE) => {}
            Err(error) => return Err(error),
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
        }
    }
}

fn length(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Returns whether the inode is marked immutable or append-only (chattr(1)), if that can be determined.
pub(crate) fn is_immutable(file: &File) -> bool {
    let mut flags: libc::c_int = 0;
    // SAFETY: FS_IOC_GETFLAGS writes one int, for which the pointer is valid.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), libc::FS_IOC_GETFLAGS, &raw mut flags) };
    result == 0 && flags & (FS_IMMUTABLE_FL | FS_APPEND_FL) != 0
}

/// Returns whether the file system is mounted `noexec`.
pub(crate) fn is_noexec(file: &File) -> bool {
    disk(file).is_some_and(|disk| disk.f_flag & libc::ST_NOEXEC != 0)
}

/// Returns whether the file is a mount of its own in the directory, as containers mount single files; see
/// proc_pid_fdinfo(5).
pub(crate) fn is_mount_point(file: &File, directory: &File) -> bool {
    let mount = |file: &File| {
        let info = format!("/proc/self/fdinfo/{}", file.as_raw_fd());
        let info = std::fs::read_to_string(info).ok()?;
        info.lines().find_map(|line| line.strip_prefix("mnt_id:").map(|id| id.trim().to_owned()))
    };
    mount(file) != mount(directory)
}

/// Returns what the file system says of itself. This call alone is as wide on every processor; see statvfs(3).
fn disk(file: &File) -> Option<libc::statvfs64> {
    let mut disk = MaybeUninit::<libc::statvfs64>::zeroed();
    // SAFETY: the pointer leads to room for the result.
    let result = unsafe { libc::fstatvfs64(file.as_raw_fd(), disk.as_mut_ptr()) };
    // SAFETY: plain numbers, all zero or as the kernel wrote them.
    (result == 0).then(|| unsafe { disk.assume_init() })
}

/// Returns the size of a number of blocks.
fn size_of(disk: &libc::statvfs64, blocks: u64) -> u64 {
    blocks.saturating_mul(wide(disk.f_frsize))
}

/// Makes 64 bits of what has 32 or 64.
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}

/// Returns the free space for users other than root.
fn free_bytes(disk: &libc::statvfs64) -> u64 {
    size_of(disk, disk.f_bavail)
}

/// Checks that this many bytes leave enough free space for other programs: a twentieth of the disk, or 256 MiB if
/// that is less. The error has the free bytes, and how many of them have to stay free.
pub(crate) fn require_room(file: &File, bytes: u64) -> Result<(), (u64, u64)> {
    const RESERVE: u64 = 256 << 20;
    const SHARE: u64 = 20;
    // A file system that reports no blocks at all does not know.
    let Some(disk) = disk(file).filter(|disk| disk.f_blocks > 0) else { return Ok(()) };
    let total = size_of(&disk, disk.f_blocks);
    let (free, kept) = (free_bytes(&disk), RESERVE.min(total / SHARE));
    if free.saturating_sub(bytes) < kept { Err((free, kept)) } else { Ok(()) }
}

/// Reserves space for `size` bytes without changing the file's size. On a file system that cannot reserve, this
/// does nothing.
pub(crate) fn reserve(file: &File, size: u64) -> io::Result<()> {
    let Ok(length) = libc::off64_t::try_from(size) else {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    };
    if size == 0 {
        return Ok(());
    }
    // A file system may take all it has from others before it finds out that it is too little.
    // A file system that reports no blocks at all does not know.
    let is_short = |disk: &libc::statvfs64| disk.f_blocks > 0 && free_bytes(disk) < size;
    if disk(file).is_some_and(|disk| is_short(&disk)) {
        return Err(io::Error::from_raw_os_error(libc::ENOSPC));
    }
    loop {
        let (fd, keep) = (file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE);
        // SAFETY: the call takes integers only.
        if unsafe { libc::fallocate64(fd, keep, 0, length) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::EOPNOTSUPP | libc::ENOSYS) => return Ok(()),
            _ => return Err(error),
        }
    }
}

/// Starts to write the bytes from `from` to `to` to the disk, so that the flush at the end has little left to do.
/// This is a hint, and errors are ignored.
pub(crate) fn begin_writing_back(file: &File, from: u64, to: u64) {
    let (Ok(from), Ok(length)) = (from.try_into(), to.saturating_sub(from).try_into()) else {
        return;
    };
    // SAFETY: the call takes integers only, and does not change the file.
    unsafe {
        libc::sync_file_range(file.as_raw_fd(), from, length, libc::SYNC_FILE_RANGE_WRITE);
    }
}
