#![doc = include_str!("../README.md")]
//!
//! # How a connection is finished
//!
//! When the program is told to finish, three things happen, in this order:
//!
//! 1. [`Listener`] gives out no further connection, and closes its socket. What waits in the
//!    kernel's queue is the successor's.
//! 2. [`Farewell`] adds `Connection: close` to each HTTP/1 answer from then on: a keep-alive client
//!    has one more request answered and then opens its next connection, which the successor gets.
//!    Closing an idle connection at once instead would race with a request on its way, and the
//!    client would see a reset.
//! 3. [`Finish`] is over when the last connection is closed, or when the idle grace is. The server
//!    then closes what is still idle, and waits for what is under way, WebSockets included, until the
//!    master's [`terminate_timeout`](selfup::Config::terminate_timeout) ends it.
//!
//! # What it does not do
//!
//! It starts no runtime, and no task but those of `hyper::serve`, one for each connection.
//!
//! # HTTP/2
//!
//! An HTTP/2 connection is told to go away (GOAWAY): the requests under way are finished, and the
//! client opens its next connection. `hyper::serve` says so as soon as the program is told to
//! finish, other servers do at the third step.
#![forbid(unsafe_code)]

#[cfg(any(feature = "axum", feature = "hyper"))]
mod activity;
#[cfg(feature = "axum")]
pub mod axum;
mod connection;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod departure;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod drive;
mod farewell;
mod finish;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod frames;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod hyper_service;
mod listener;
mod open;
mod patience;
mod socket;
mod sync;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod tracked;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod wire;

pub use connection::{Connection, Stream};
pub use farewell::{Farewell, FarewellFuture, FarewellService};
pub use finish::Finish;
pub use listener::Listener;
