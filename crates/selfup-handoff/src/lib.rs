#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod coordinator;
mod decide;
mod descriptors;
mod error;
mod event;
mod manager;
mod next;
mod origin;
mod perform;
mod settings;
mod strategy;
mod successor;
mod upgrader;

pub use error::{Error, ErrorKind, Result};
pub use event::Event;
#[doc(no_inline)]
pub use selfup_program::{Connection, GracefulShutdown, Listener, Stream};
pub use settings::Handoff;
pub use strategy::Strategy;
pub use upgrader::Upgrader;
