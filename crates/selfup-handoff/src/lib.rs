#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod begin;
mod coordinator;
mod decide;
mod descriptors;
mod error;
mod event;
mod execute;
#[cfg(feature = "upgrade")]
mod intake;
mod manager;
mod next;
mod origin;
mod perform;
mod probation;
mod request;
mod settings;
mod strategy;
mod successor;
#[cfg(feature = "upgrade")]
mod upgrade;
mod upgrader;

pub use error::{Error, ErrorKind, Result};
pub use event::Event;
#[cfg(feature = "upgrade")]
pub use selfup_master::UpgradePolicy;
#[doc(no_inline)]
pub use selfup_program::{Connection, GracefulShutdown, Listener, Stream};
pub use settings::Handoff;
pub use strategy::Strategy;
#[cfg(feature = "upgrade")]
pub use upgrade::{Upgrade, Upgraded};
pub use upgrader::Upgrader;
