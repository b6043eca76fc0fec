#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "only selfup uses the items that it does not re-export"
)]

pub mod acceptance;
mod child_messages;
mod children;
#[cfg(feature = "control")]
mod control;
pub mod error;
pub mod event;
mod executable;
mod inbox;
mod left_running;
mod manager;
mod master;
#[cfg(test)]
mod models;
mod orphans;
pub mod pid_file;
mod process_group;
pub mod reason;
mod recovery;
pub mod reporter;
pub mod settings;
mod sockets;
mod status_line;
pub mod stderr;
mod sync;
mod sys;
mod threads;
pub mod trust;
mod upgrades;
mod verbosity;

pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use master::{Master, start::NotStarted};
pub use settings::{Options, Settings, UpgradeOptions};
pub use sys::system::RUNS_A_MASTER;
pub use verbosity::Verbosity;
