#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the master, and nobody else, uses what is not re-exported by selfup"
)]

mod alone;
mod child;
mod error;
mod handle;
pub mod notify;
mod options;
mod outcome;
mod probe;
pub mod process;
mod readiness;
mod ready;
pub mod restart;
mod serving;
mod state;
mod sys;
mod watchdog;

pub use alone::run_alone;
pub use child::enter;
pub use error::{Error, ErrorKind};
pub use handle::Handle;
pub use options::{Entry, Listen, Options, Prepare, Program};
pub use outcome::Outcome;
pub use probe::{carry_marker, note_start, sanity_check};
pub use readiness::Readiness;
pub use ready::Accepting;
pub use serving::{
    connection::{Connection, Stream},
    idle_grace::IdleGrace,
    listener::{Incoming, Listener},
    shutdown::GracefulShutdown,
};
pub use state::State;
#[doc(hidden)]
pub use sys::note;
pub use watchdog::Watchdog;
