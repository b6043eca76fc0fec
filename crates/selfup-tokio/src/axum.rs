//! For [axum](https://docs.rs/axum).

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;

use crate::{Connection, Farewell, Listener};

/// How long to wait when no descriptors are left, before the next connection is accepted.
const NO_DESCRIPTORS: Duration = Duration::from_secs(1);

/// Serves the router until the program is told to finish, and then until every request under way
/// is answered. No keep-alive client loses a request that it sends within the idle grace.
///
/// # Errors
///
/// The listener cannot be used, as [`Listener::new`] says.
pub async fn serve(listener: selfup::Listener, router: Router) -> io::Result<()> {
    let listener = Listener::new(listener)?;
    let finish = listener.finish();
    let router = router.layer(Farewell::new(finish.clone()));
    axum::serve(listener, router).with_graceful_shutdown(finish.wait()).await
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    /// Waits for ever once the program was told to finish: the server is ended by
    /// [`Finish::wait`](crate::Finish::wait).
    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.accept().await {
                Ok(Some(accepted)) => return accepted,
                Ok(None) => std::future::pending().await,
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => tokio::time::sleep(NO_DESCRIPTORS).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}

/// The client was gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
