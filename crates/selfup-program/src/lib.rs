#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![expect(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the master, and nobody else, uses what is not re-exported by selfup"
)]

mod alone;
mod child;
mod entry;
mod error;
mod handle;
pub mod launch;
mod master_link;
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
pub use entry::{Entry, Prepare, Program};
pub use error::{Error, ErrorKind, Result};
pub use handle::Handle;
pub use options::{Listen, Options};
pub use outcome::Outcome;
pub use probe::{carry_marker, note_start, sanity_check};
pub use readiness::Readiness;
pub use ready::{Accepting, CountedConnection};
pub use serving::{
    connection::Connection,
    idle_grace::IdleGrace,
    listener::{Incoming, Listener},
    parts::Serving,
    shutdown::GracefulShutdown,
    stream::Stream,
};
pub use state::State;
#[doc(hidden)]
pub use sys::note;
pub use watchdog::Watchdog;
