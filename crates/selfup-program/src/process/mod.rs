//! This process: its environment, its executable, its signals and limits.

pub mod env;
pub mod exe_path;
pub(crate) mod identity;
pub mod open_files;
pub(crate) mod signals;
pub mod standstill;
