//! Linux, where `stat` has a variant that is wide on every processor.

pub(crate) use libc::{fstat64 as fstat, stat64 as Stat};
