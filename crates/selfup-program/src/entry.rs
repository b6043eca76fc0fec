//! What this process runs: the program, and what comes before it.

use std::{error, fmt, process::ExitCode};

use crate::{
    error::{Error, ErrorKind},
    options::{Listen, Options},
    state::State,
};

/// The program, as a function of its state.
pub type Program = Box<dyn FnOnce(State) -> ExitCode>;

/// What prepares the process of the program before anything else happens in it.
pub type Prepare = Box<dyn FnOnce() -> Result<(), Box<dyn error::Error + Send + Sync>>>;

/// What this process runs if it is a child, or has to run alone.
pub struct Entry {
    /// The program.
    pub program: Program,
    /// Called before anything else.
    pub prepare: Option<Prepare>,
    /// The sockets that the program expects.
    pub listen: Vec<Listen>,
    /// The plain values.
    pub options: Options,
}

impl Entry {
    /// Prepares the process that is about to run the program.
    pub(crate) fn prepare(&mut self) -> Result<(), Error> {
        let prepared = self.prepare.take().map_or(Ok(()), |prepare| prepare());
        prepared.map_err(|error| {
            Error::new(ErrorKind::Child, "could not prepare this process for the program")
                .because(error)
        })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("listen", &self.listen)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
