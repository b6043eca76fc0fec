#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "only selfup uses the items that it does not re-export"
)]

pub mod acceptance;
mod attempt;
pub mod blame;
mod child_messages;
mod children;
#[cfg(feature = "control")]
mod control;
pub mod error;
pub mod event;
mod executable;
mod facts;
mod inbox;
mod left_running;
mod manager;
mod master;
#[cfg(test)]
mod models;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod observe;
mod orphans;
pub mod pid_file;
mod process_group;
pub mod reason;
mod recovery;
mod report;
pub mod reporter;
#[cfg(test)]
mod samples;
#[cfg(feature = "serde")]
mod serialize;
pub mod settings;
mod sockets;
mod status_line;
pub mod stderr;
mod sync;
mod sys;
mod threads;
pub mod trust;
mod upgrade_policy;
mod upgrades;
mod verbosity;
mod warning;
mod why;

pub use attempt::Attempt;
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use master::{Master, start::NotStarted};
pub use report::Report;
pub use settings::{Options, Settings, UpgradeOptions};
pub use sys::system::RUNS_A_MASTER;
pub use upgrade_policy::UpgradePolicy;
pub use verbosity::Verbosity;
pub use warning::Warning;
pub use why::Reason;
