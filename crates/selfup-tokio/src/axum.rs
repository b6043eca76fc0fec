//! For [axum](https://docs.rs/axum).

use std::{io, net::SocketAddr};

use axum::Router;

use crate::{Connection, Farewell, Listener};

/// Serves the router until the program is told to finish, and then until every connection is
/// closed. No keep-alive client loses a request that it sends within the idle grace.
///
/// A connection that was upgraded to another protocol, a WebSocket say, is waited for, too.
///
/// # Errors
///
/// The listener cannot be used, as [`Listener::new`] says.
pub async fn serve(listener: selfup::Listener, router: Router) -> io::Result<()> {
    let listener = Listener::new(listener)?;
    let finish = listener.finish();
    let router = router.layer(Farewell::new(finish.clone()));
    axum::serve(listener, router).with_graceful_shutdown(finish.clone().wait()).await?;
    // axum has done with a connection when its protocol is another; whoever upgraded it has not.
    finish.none_open().await;
    Ok(())
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    /// Waits for ever once the program was told to finish: the server is ended by
    /// [`Finish::wait`](crate::Finish::wait).
    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.accept_patiently().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}
