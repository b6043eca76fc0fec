//! What keeps the memory of a master small.

use std::fs;

/// Has all threads of this process take their memory from one pool. By default glibc has one for each
/// of the threads that a master starts now and then, and gives none of them back: each restart can
/// leave some more pages in another. A master allocates little, so its threads do not wait for each
/// other. See [mallopt(3)](https://man7.org/linux/man-pages/man3/mallopt.3.html).
pub(crate) fn share_one_pool() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it sets a number that the allocator reads under its own lock when a thread first
    // allocates.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Lets go of the pages of code that only the start has needed.
///
/// They stay in the page cache, where the children use them; if the master needs one again, the
/// kernel maps it anew. Only mappings that are executable, private and of a file are touched: their
/// pages have not been written to (but by a debugger, whose breakpoints go), so nothing is lost. See
/// [madvise(2)](https://man7.org/linux/man-pages/man2/madvise.2.html).
pub(crate) fn let_go_of_code() {
    // Without /proc, the pages stay.
    for line in fs::read_to_string("/proc/self/maps").unwrap_or_default().lines() {
        if let Some((start, end)) = code(line) {
            // SAFETY: advice on clean pages of a file; reading them later brings them back.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
        }
    }
}

/// The range of a line of /proc/self/maps, if it is code from a file.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (range, mode, path) = (fields.next()?, fields.next()?, fields.nth(3)?);
    let (start, end) = range.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    (mode == "r-xp" && path.starts_with('/')).then_some((number(start)?, number(end)?))
}
