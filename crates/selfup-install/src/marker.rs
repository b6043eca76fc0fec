//! Checks that an executable is a selfup program with a compatible protocol.

use std::fs::File;
use std::io;
use std::ops::RangeInclusive;

use crate::error::{Error, ErrorKind, Result};
use crate::format::{self, Executable};
use crate::notes::Notes;
use crate::target::Target;

impl Notes {
    /// Reads the notes of an executable, and little more than its headers. A file that is not an ELF program
    /// for this machine has no notes.
    ///
    /// # Errors
    ///
    /// Those of reading the file.
    pub fn of_file(file: &File) -> io::Result<Self> {
        let head = format::head(file)?;
        Ok(match format::examine(file, file.metadata()?.len(), &head)? {
            Ok(Executable::Elf { notes }) => notes,
            _ => Self::default(),
        })
    }
}

impl Target {
    /// Checks that the executable at the path is a selfup program. A path that was found, and not configured,
    /// may be that of a loader or interpreter through which the program was started.
    ///
    /// # Errors
    ///
    /// [`NoMarker`](ErrorKind::NoMarker) if it carries no selfup note;
    /// [`NotFound`](ErrorKind::NotFound), [`NotRegular`](ErrorKind::NotRegular) or
    /// [`Io`](ErrorKind::Io) if it cannot be read.
    pub fn require_selfup(&self) -> Result<()> {
        let notes = Notes::of_file(&self.open()?).map_err(|cause| {
            Error::system(format_args!("could not read {}", self.resolved().display()), cause)
        })?;
        if notes.is_selfup() {
            return Ok(());
        }
        let text = format!(
            "could not replace {}: it carries no selfup note, so it may be a loader that this program was \
             started through; start the program by its own path, or name the file that is meant",
            self.resolved().display()
        );
        Err(Error::new(ErrorKind::NoMarker, text))
    }
}

/// Checks that an executable is a selfup program that speaks one of these versions of the protocol.
pub(crate) fn require(
    executable: &Executable,
    spoken: &RangeInclusive<u32>,
    target: &Target,
) -> Result<()> {
    let name = target.path().display();
    let no_marker = |what: &str| {
        let text = format!(
            "could not replace {name} by what came: it is no selfup program: {what}; build it with \
             selfup::run or selfup::update in it"
        );
        Err(Error::new(ErrorKind::NoMarker, text))
    };
    let protocols = match executable {
        Executable::Elf { notes } => &notes.protocols,
        Executable::Script => return no_marker("it is a script"),
        Executable::MachO => return no_marker("it is no ELF file"),
    };
    if protocols.is_empty() {
        return no_marker("it carries no selfup note");
    }
    if protocols.iter().any(|version| spoken.contains(version)) {
        return Ok(());
    }
    let found: Vec<String> = protocols.iter().map(u32::to_string).collect();
    let (first, last) = (spoken.start(), spoken.end());
    let spoken = if first == last { first.to_string() } else { format!("{first} to {last}") };
    let text = format!(
        "could not replace {name} by what came: it speaks version {} of selfup's protocol, what runs \
         speaks {spoken}; install it by hand and start the service anew, or build it with a selfup \
         that speaks {spoken}",
        found.join(" and ")
    );
    Err(Error::new(ErrorKind::Protocol, text))
}
