//! What differs between systems: a file for each, with the same functions.

#[cfg(not(target_vendor = "apple"))]
mod seqpacket;
#[cfg(not(target_vendor = "apple"))]
pub(crate) use seqpacket::*;

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(target_vendor = "apple")]
pub(crate) use apple::*;
