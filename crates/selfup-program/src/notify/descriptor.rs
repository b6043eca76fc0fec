//! Telling a service manager by a newline that the service is ready, as s6 wants it.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::RawFd,
};

use crate::sys::fd::{adopt, is_inherited_pipe};

/// The pipe on which a manager such as s6 waits for a newline.
#[derive(Debug)]
pub struct Descriptor(File);

impl Descriptor {
    /// Takes the descriptor that the manager has passed under this number. No child inherits it.
    ///
    /// # Errors
    ///
    /// Nothing was passed under this number, or no pipe.
    pub fn take(number: RawFd) -> io::Result<Self> {
        if !is_inherited_pipe(number)? {
            return Err(io::Error::other("it is no pipe that this process was started with"));
        }
        Ok(Self(adopt(number)?.into()))
    }

    /// Reports that the service is ready, once and for all.
    ///
    /// # Errors
    ///
    /// The manager does not listen any more.
    pub fn ready(mut self) -> io::Result<()> {
        self.0.write_all(b"\n")
    }
}
