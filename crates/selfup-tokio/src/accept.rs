//! Accepting through errors that pass.

use std::{io, time::Duration};

use crate::{connection::Connection, listener::Listener};

/// How long to wait when no descriptors are left, before the next connection is accepted.
const NO_DESCRIPTORS: Duration = Duration::from_secs(1);

impl Listener {
    /// Waits for the next connection, and through all errors; `None` when the program drains.
    ///
    /// A connection that was aborted before it was accepted is skipped. After any other error, such as a lack of
    /// descriptors, it tries again every second.
    pub async fn accept_with_retry(&mut self) -> Option<Connection> {
        loop {
            match self.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => tokio::time::sleep(NO_DESCRIPTORS).await,
            }
        }
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
