//! What differs between systems: a file for each, with the same functions.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::*;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod other;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use other::*;

#[cfg(not(target_vendor = "apple"))]
mod flags;
#[cfg(not(target_vendor = "apple"))]
pub(crate) use flags::*;

#[cfg(target_vendor = "apple")]
mod without_flags;
#[cfg(target_vendor = "apple")]
pub(crate) use without_flags::*;
