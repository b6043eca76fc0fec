#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg(unix)]

mod address;
mod bind;
mod blocking;
mod close_on_exec;
mod error;
mod inherit;
mod key;
mod kind;
mod local_address;
mod name;
mod offer;
mod pass;
mod set;
mod socket_files;
mod sys;
mod unix_name;

pub use address::Address;
pub use error::{Error, ErrorKind, Result};
pub use inherit::Inherited;
pub use key::Key;
pub use kind::Kind;
pub use local_address::LocalAddress;
pub use offer::Offer;
pub use pass::Pass;
pub use set::FdSet;
pub use socket_files::SocketFiles;
pub use unix_name::{UnixKind, UnixName};
