#![doc = include_str!("../README.md")]
//!
//! # How connections are drained
//!
//! When the program drains, four things happen, in this order:
//!
//! 1. [`Listener`] returns no further connection, and closes its socket. Connections in the kernel's queue are left
//!    to the next child.
//! 2. [`ConnectionClose`] adds `Connection: close` to each response of HTTP/1 from then on. A keep-alive client
//!    gets one more response, and opens its next connection, which the next child accepts. Closing an idle
//!    connection at once instead would race with a request on its way, and reset the connection of that client.
//! 3. `axum::serve`, `hyper::serve` and connections under a `Drain::watch` are closed one by one. A connection on
//!    which nothing is under way, or no more than a part of a request's head, is closed when its
//!    [`IdleGrace`](selfup_program::IdleGrace) is over: not all at one moment, and none that was used within the
//!    last idle grace. After a response that began before the drain and ends later, the client has a whole grace
//!    from its end on, since that response did not close the connection.
//! 4. Shortly before the master's `terminate_timeout`, everything that is still open is closed, and the server
//!    returns: see [`Listener::drain_limit`](selfup_program::Listener::drain_limit). A program that serves streams
//!    without an end should end them by itself, when
//!    [`graceful_shutdown`](selfup_program::State::graceful_shutdown) is requested.
//!
//! A server that accepts from a [`Listener`] and is ended by [`Drain::wait`] closes all idle connections at one
//! moment, when the idle grace is over.
//!
//! # What it does not do
//!
//! It starts no runtime, and no tasks but those of `axum::serve` and `hyper::serve`, one for each connection.
//!
//! # HTTP/2
//!
//! A connection of HTTP/2 gets a GOAWAY: its requests are finished, and the client opens its next connection. A
//! connection with open streams gets it when the drain begins, before any of them ends; the others get it one after
//! the other, within the first two thirds of the idle grace. If a client does not acknowledge it (the PING that
//! follows has no response), the GOAWAY counts as received when the grace is over: the client gets the last GOAWAY,
//! and no further stream.
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
#[allow(unreachable_pub, reason = "it is public with `hyper`")]
mod watch;
#[cfg(any(feature = "axum", feature = "hyper"))]
#[cfg_attr(not(feature = "hyper"), allow(unreachable_pub, reason = "it is public with `hyper`"))]
mod watched_body;
#[cfg(any(feature = "axum", feature = "hyper"))]
#[cfg_attr(not(feature = "hyper"), allow(unreachable_pub, reason = "it is public with `hyper`"))]
mod watched_io;

pub use connection::{Connection, Stream};
pub use connection_close::{ConnectionClose, ConnectionCloseFuture, ConnectionCloseService};
pub use drain::Drain;
pub use listener::Listener;
