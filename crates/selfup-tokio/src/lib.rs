#![doc = include_str!("../README.md")]
//!
//! # How a connection is finished
//!
//! When the program drains, three things happen, in this order:
//!
//! 1. [`Listener`] gives out no further connection, and closes its socket. What waits in the
//!    kernel's queue is the successor's.
//! 2. [`ConnectionClose`] adds `Connection: close` to each HTTP/1 response from then on: a keep-alive client
//!    has one more request answered and then opens its next connection, which the successor gets.
//!    Closing an idle connection at once instead would race with a request on its way, and the
//!    client would see a reset.
//! 3. `axum::serve` and `hyper::serve` decide for each connection by itself when it is closed. One on
//!    which nothing is under way, or no more than a part of a request's head, is closed when its
//!    [`IdleGrace`](selfup_program::IdleGrace) is over: not all at one moment, and none that was used within
//!    the last idle grace. A response that began before the drain and ends later than that has a whole
//!    grace from its end on, since its client was not told.
//! 4. Shortly before the master's `terminate_timeout` what is still
//!    open is closed, whatever it is, and the server returns: see
//!    [`Listener::drain_limit`](selfup_program::Listener::drain_limit). A stream without an end is better ended
//!    by the program, as soon as [`graceful_shutdown`](selfup_program::State::graceful_shutdown) says so.
//!
//! A server that is given a [`Listener`] and ended by [`Drain::wait`] closes everything idle at one
//! moment, when the idle grace is over.
//!
//! # What it does not do
//!
//! It starts no runtime, and no task but those of the two `serve`, one for each connection.
//!
//! # HTTP/2
//!
//! An HTTP/2 connection is told to go away (GOAWAY): the requests under way are finished, and the
//! client opens its next connection. One with open streams is told as soon as the program drains, and
//! before any of them ends; the others are told one after the other, within the first two thirds of
//! the idle grace. A client that does not confirm (it answers no PING) is taken to have heard when the
//! grace is over: it gets the last GOAWAY, and no further stream.
//!
//! `axum::serve` speaks HTTP/2 with the feature `http2`, or with `hyper`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod accept;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod activity;
#[cfg(feature = "axum")]
pub mod axum;
mod connection;
mod connection_close;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod departure;
mod drain;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod drive;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod frames;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod hyper_service;
mod listener;
#[cfg(test)]
mod models;
mod open;
mod socket;
mod sync;
#[cfg(feature = "hyper")]
pub mod watch;
#[cfg(all(feature = "axum", not(feature = "hyper")))]
mod watch;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod watched_body;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod watched_io;

pub use connection::{Connection, Stream};
pub use connection_close::{ConnectionClose, ConnectionCloseFuture, ConnectionCloseService};
pub use drain::Drain;
pub use listener::Listener;
