//! The server: a thread of its own that reads requests and writes responses, and decides nothing.
//!
//! Each client has one request at a time, and buffers of a bounded size. A client that sends too slowly, or
//! does not read, is disconnected.

mod connection;
mod listening;
mod replies;
mod socket;

pub use replies::{Heard, Replies};
pub use socket::Socket;

use std::{io, thread};

/// Serves a socket from a thread of its own, which calls `hear` with each request.
///
/// The caller blocks signals around this, so that the thread receives none.
///
/// # Errors
///
/// The thread cannot be started.
pub fn serve(socket: Socket, hear: impl FnMut(Heard) + Send + 'static) -> io::Result<Replies> {
    let (replies, inbox) = replies::pair()?;
    let server = listening::Server::new(socket, inbox, Box::new(hear));
    thread::Builder::new().name("selfup-control".into()).spawn(move || server.run())?;
    Ok(replies)
}
