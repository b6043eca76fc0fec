//! The bytes of a file, from as many responses as it takes to get them all.

use std::{
    io::{self, Read},
    sync::Arc,
};

use selfup_fetch::{Error, ErrorKind};

use crate::{body::Body, client::Client, response::Response, resumption::Resumption};

/// A file as it comes over the line. It ends whole or with an error, however many responses it
/// takes.
pub(crate) struct Transfer {
    body: Body,
    /// `None` where the file cannot be resumed.
    resumption: Option<Resumption>,
    failed: Option<ErrorKind>,
}

impl Transfer {
    pub(crate) fn of(response: Response, client: &Arc<Client>) -> Self {
        let resumption = Resumption::of(&response, client);
        Self { body: Body::of(response, client.deadlines), resumption, failed: None }
    }

    /// Resumes after a break, or fails for good.
    fn mend(&mut self, broken: Error) -> Result<(), Error> {
        let Some(resumption) = &mut self.resumption else { return Err(broken) };
        self.body = resumption.go_on(&self.body, broken)?;
        Ok(())
    }
}

impl Read for Transfer {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // After an error, the end of this body would look like the end of the file.
        if let Some(kind) = self.failed {
            let error = Error::new(kind, "the transfer had failed before");
            return Err(error.at(self.body.place()).into());
        }
        loop {
            match self.body.read(buf) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    if let Err(error) = self.mend(error.into()) {
                        self.failed = Some(error.kind());
                        return Err(error.into());
                    }
                }
                result => return result,
            }
        }
    }
}
