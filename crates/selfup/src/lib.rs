#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "control")]
#[cfg_attr(docsrs, doc(cfg(feature = "control")))]
pub mod cli;
mod config;
pub mod fetch;
#[cfg(feature = "progress")]
mod progress;
mod refusals;
mod rollback;
mod run;
#[cfg(feature = "control")]
mod supervise;
mod update;

pub use config::Config;
#[cfg(feature = "progress")]
pub use progress::progress_bar;
pub use refusals::{Refusal, forgive, refusals};
pub use rollback::rollback;
pub use run::{is_supported, run, try_run};
pub use selfup_fds::{Address, Error as SocketError, ErrorKind as SocketErrorKind, LocalAddress};
pub use selfup_install::Id;
pub use selfup_lifecycle::{Cause as RestartCause, Handover, OnExit, Respawn, Restarts};
pub use selfup_master::{
    Attempt, Error, ErrorKind, Event, Reason, Report, Result, UpgradePolicy, Verbosity, Warning,
    reason::{Check, KillReason, RefusalReason, RollbackReason},
};
pub use selfup_program::{
    Accepting, Connection, CountedConnection, GracefulShutdown, Handle, IdleGrace, Incoming,
    Listener, Outcome, Readiness, State, Stream, Watchdog, release, restart::restart, sanity_check,
};
pub use selfup_signals::{End, Pid, Signal};
#[cfg(feature = "control")]
#[cfg_attr(docsrs, doc(cfg(feature = "control")))]
pub use supervise::Supervise;
pub use update::{Progress, Update, Updated, update};
