//! What differs between systems: a file for each, with the same functions.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::*;

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(target_vendor = "apple")]
pub(crate) use apple::*;

#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "freebsd")]
pub(crate) use freebsd::*;

#[cfg(target_os = "netbsd")]
mod netbsd;
#[cfg(target_os = "netbsd")]
pub(crate) use netbsd::*;

#[cfg(target_os = "openbsd")]
mod openbsd;
#[cfg(target_os = "openbsd")]
pub(crate) use openbsd::*;

#[cfg(any(target_os = "illumos", target_os = "solaris"))]
mod illumos;
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
pub(crate) use illumos::*;

// Shared by those that have them.
#[cfg(not(target_vendor = "apple"))]
mod pipe2;
#[cfg(not(any(target_vendor = "apple", target_os = "openbsd")))]
mod sigqueue;
#[cfg(any(target_vendor = "apple", target_os = "openbsd"))]
mod without_sigqueue;

// The context of a handler differs by system and processor.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86", target_arch = "x86_64", target_arch = "arm", target_arch = "aarch64")
))]
mod other_threads;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86", target_arch = "x86_64", target_arch = "arm", target_arch = "aarch64")
)))]
#[path = "without_other_threads.rs"]
mod other_threads;
pub(crate) use other_threads::block_in_other_threads;
