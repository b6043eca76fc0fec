//! What is left of a set of sockets when they are closed.

use crate::bind::SocketFile;
use crate::error::{Error, ErrorKind, Result};

/// The files of the Unix sockets that an [`FdSet`](crate::FdSet) has bound.
///
/// Dropping it leaves them in place.
#[derive(Debug, Default)]
pub struct SocketFiles {
    files: Vec<SocketFile>,
}

impl SocketFiles {
    pub(crate) fn new(files: Vec<SocketFile>) -> Self {
        Self { files }
    }

    /// Removes the files, as [`FdSet::unlink_sockets`](crate::FdSet::unlink_sockets) does.
    ///
    /// # Errors
    ///
    /// The first failure, after all others have been tried.
    pub fn unlink(&self) -> Result<()> {
        let mut first = Ok(());
        for file in &self.files {
            if let Err(error) = file.unlink_if_same() {
                let message = format!("could not remove the socket file {}", file.path().display());
                first = first.and(Err(Error::new(ErrorKind::Unlink, message).because(error)));
            }
        }
        first
    }
}
