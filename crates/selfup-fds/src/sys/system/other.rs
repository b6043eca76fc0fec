//! Other Unixes, whose `stat` is wide.

pub(crate) use libc::{fstat, stat as Stat};
