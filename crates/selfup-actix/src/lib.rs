#![doc = include_str!("../README.md")]
//!
//! # How connections are drained
//!
//! When the program drains, four things happen, in this order:
//!
//! 1. The server accepts no further connection. Connections in the kernel's queue are left to the next child. The
//!    listening socket is not watched any more; actix closes it at the third step.
//! 2. Each response has `Connection: close` from then on, also the first one of a connection that has sent nothing
//!    yet. A keep-alive client gets one more response, and opens its next connection, which the next child accepts.
//!    Closing an idle connection at once instead, as actix does when it stops, would race with a request on its way,
//!    and reset the connection of that client.
//! 3. When there has been no connection for half a second, or when the idle grace (`Config::idle_grace`) is over,
//!    the server stops: it closes connections that are idle, or have sent no more than a part of a request's head,
//!    and waits for the requests under way, WebSockets and streams included. After each response that began before
//!    the drain, the whole grace passes again, since that response did not close the connection.
//! 4. Shortly before the master's `terminate_timeout`, the server returns, whatever is still open
//!    ([`Listener::drain_limit`](selfup_program::Listener::drain_limit)).
//!
//! All connections that are idle at the third step are closed at one moment: actix cannot close one and not another.
//!
//! # Timeouts of actix
//!
//! Two of them close connections at any time, in a restart or not, and a request that a client sends at that moment
//! is lost. Set them by [`Server::configure`]:
//!
//! - `keep_alive`, 5 s by default: how long a connection may be idle between two requests. Set it to more than
//!   clients and proxies keep idle connections (60 s are common), so that they close first.
//! - `client_request_timeout`, 5 s by default: how long a connection may take to send its first request. A client
//!   that opens connections ahead of need gets 408 then.
//!
//! # What it does not do
//!
//! It serves HTTP/1 without TLS; TLS and HTTP/2 are left to a proxy in front. It starts no runtime; the workers are
//! threads of actix-web.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

use std::io;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;

mod app_factory;
mod connection_close;
mod connection_close_body;
#[cfg(test)]
mod models;
mod open;
#[cfg(test)]
mod open_tests;
mod owed;
mod server;
mod sync;

pub use app_factory::AppFactory;
pub use connection_close::{ConnectionClose, ConnectionCloseFuture, ConnectionCloseService};
pub use connection_close_body::ConnectionCloseBody;
pub use server::{Server, server};

/// Serves the app that `app` creates, with the defaults of actix-web: [`server`], and [`Server::run`] on it.
///
/// ```no_run
/// use actix_web::{App, rt::System, web};
///
/// fn program(state: selfup::State) -> std::io::Result<()> {
///     let app = || App::new().route("/", web::get().to(async || "hello"));
///     System::new().block_on(selfup_actix::serve(state.take_listener(), app))
/// }
/// ```
///
/// # Errors
///
/// Those of [`Server::run`].
pub async fn serve<A, S, B>(
    listener: selfup_program::Listener,
    app: impl Fn() -> A + Send + Clone + 'static,
) -> io::Result<()>
where
    A: IntoServiceFactory<S, Request>,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    server(app).run(listener).await
}
