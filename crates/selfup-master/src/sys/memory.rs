//! Keeps the memory of a master small.

use std::fs;

/// Makes all threads of this process allocate from one pool.
///
/// By default glibc creates a pool for each thread that a master starts now and then, and never frees one, so
/// each restart can leave more pages behind. A master allocates little, so its threads hardly wait for
/// each other. See [mallopt(3)](https://man7.org/linux/man-pages/man3/mallopt.3.html).
pub(crate) fn share_one_pool() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: this sets a number that the allocator reads, under its own lock, when a thread first
    // allocates.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Releases the pages of code that only the start has needed.
///
/// They stay in the page cache, where the children use them. If the master needs one again, the kernel maps
/// it again. Only executable, private mappings of files are released. Nothing is lost, because their pages
/// have not been written to, except by a debugger, whose breakpoints disappear. See
/// [madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html).
pub(crate) fn release_code() {
    // Without /proc, the pages stay.
    for line in fs::read_to_string("/proc/self/maps").unwrap_or_default().lines() {
        if let Some((start, end)) = code(line) {
            // SAFETY: the pages are clean pages of a file. Reading them later maps them again.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
        }
    }
}

/// Returns the range of a line of /proc/self/maps, if it is code from a file.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (range, mode, path) = (fields.next()?, fields.next()?, fields.nth(3)?);
    let (start, end) = range.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    (mode == "r-xp" && path.starts_with('/')).then_some((number(start)?, number(end)?))
}
