//! The functions that differ between systems, and all unsafe code of this crate.

pub(crate) mod child;
pub(crate) mod flock;
pub(crate) mod wait;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::*;
