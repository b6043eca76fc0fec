//! What the tasks have in common: how they run programs, find the workspace, and speak to a person.

#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::exhaustive_structs,
    missing_docs,
    clippy::exhaustive_enums,
    reason = "the tasks talk to a person at a terminal, and nobody else uses this"
)]

pub mod apt;
pub mod build;
pub mod command;
pub mod crates;
pub mod duration;
pub mod interrupt;
pub mod needs;
pub mod options;
pub mod proc;
pub mod progress;
pub mod stop;
pub mod style;
pub mod task;
pub mod workspace;
