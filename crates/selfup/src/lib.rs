#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod check;
mod child;
mod config;
mod connection;
mod control;
mod counter;
mod cut;
mod env;
mod error;
mod event;
pub mod fetch;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod group_signals;
mod identity;
mod idle_grace;
mod intake;
mod launch;
mod listener;
mod master;
#[cfg(test)]
mod models;
mod notify;
mod once;
mod open_files;
mod pid_file;
#[cfg(feature = "progress")]
mod progress;
mod ready;
mod refusals;
mod restart;
mod rollback;
mod run;
mod shutdown;
mod standstill;
mod state;
mod stderr;
mod sync;
mod sys;
mod threads;
mod trust;
mod update;

pub use check::sanity_check;
pub use config::{Config, Handover, Outcome, Readiness, Watchdog};
pub use connection::{Connection, Stream};
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use idle_grace::IdleGrace;
pub use listener::{Incoming, Listener};
#[cfg(feature = "progress")]
pub use progress::progress_bar;
pub use ready::Accepting;
pub use refusals::{Refusal, forgive, refusals};
pub use restart::restart;
pub use rollback::rollback;
pub use run::{is_supported, run, try_run};
pub use selfup_signals::{End, Signal};
pub use shutdown::GracefulShutdown;
pub use state::State;
#[doc(hidden)]
pub use sys::note;
pub use update::{Progress, Update, Updated, update};
