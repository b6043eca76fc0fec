//! Checks by the headers of a file whether it is an executable for this machine.
//!
//! The finding names what the file is instead. A file that passes may still be broken, which the probe shows.

use std::cell::Cell;
use std::fmt;
use std::io;

mod elf;
mod headers;
mod known;
mod loader;
mod machine;

use headers::{Headers, fill};
use machine::Machine;

use crate::notes::Notes;
use crate::sys;
pub(crate) use headers::ReadAt;

/// The number of bytes by which the kind of a file is recognised: a tar archive has its magic at byte 257.
const HEAD: usize = 512;

/// A file that can be executed here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Executable {
    Script,
    /// A program for macOS, which is accepted only there.
    MachO,
    /// An ELF program, with its selfup notes.
    Elf {
        notes: Notes,
    },
}

/// Why bytes are not an executable for this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Empty,
    /// They are another well-known kind of file.
    Known(&'static str),
    Unknown {
        begins: String,
    },
    OtherMachine {
        found: Machine,
        expected: Machine,
    },
    OtherSystem(&'static str),
    /// They are an ELF file that is not a program.
    NoProgram(&'static str),
    Damaged(&'static str),
    Truncated {
        part: &'static str,
        ends: u64,
        size: u64,
    },
    NoLoader {
        name: String,
        remedy: &'static str,
    },
    NoInterpreter {
        name: String,
    },
}

/// Reads the first bytes of a file.
pub(crate) fn head(bytes: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let filled = fill(bytes, &mut head, 0)?;
    head.truncate(filled);
    Ok(head)
}

/// Examines a file of `size` bytes. Accepted are scripts (`#!`), and ELF programs for the machine for which this
/// was compiled or for that of the replaced executable, which ran here, if their loader or interpreter exists.
///
/// This reads the headers alone, up to a limit, and each of them once.
pub(crate) fn examine(
    bytes: &dyn ReadAt,
    size: u64,
    replaced: &[u8],
) -> io::Result<Result<Executable, Finding>> {
    let head = head(bytes)?;
    let failure = Cell::new(None);
    let found = classify(bytes, &head, size, replaced, &failure);
    failure.take().map_or(Ok(found), Err)
}

fn classify(
    bytes: &dyn ReadAt,
    head: &[u8],
    size: u64,
    replaced: &[u8],
    failure: &Cell<Option<io::Error>>,
) -> Result<Executable, Finding> {
    if size == 0 || head.is_empty() {
        return Err(Finding::Empty);
    }
    if head.starts_with(b"#!") {
        return loader::require_of_script(head).map(|()| Executable::Script);
    }
    if sys::RUNS_MACH_O && known::is_mach_o(head) {
        return Ok(Executable::MachO);
    }
    if head.starts_with(&object::elf::ELFMAG) {
        let headers = Headers::new(bytes, size, failure);
        return elf::examine(&headers, head, replaced).map(|notes| Executable::Elf { notes });
    }
    let unknown = || {
        let begins = head[..head.len().min(16)].escape_ascii().to_string();
        Finding::Unknown { begins }
    };
    Err(known::name(head).map_or_else(unknown, Finding::Known))
}

impl Finding {
    /// Whether the file may be a damaged program for this machine.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Empty | Self::Truncated { .. } | Self::Damaged(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Known(what) => write!(f, "it is {what}"),
            Self::Unknown { begins } => {
                write!(f, "it is neither an ELF file nor a script; it begins with \"{begins}\"")
            }
            Self::OtherMachine { found, expected } => {
                write!(f, "it is an ELF file for {found}, this machine is {expected}")
            }
            Self::OtherSystem(found) => {
                let here = std::env::consts::OS;
                write!(f, "it is an ELF file for {found}, this machine runs {here}")
            }
            Self::NoProgram(what) => write!(f, "it is an ELF file, but {what} and no program"),
            Self::Damaged(how) => write!(f, "it is a damaged ELF file: {how}"),
            Self::Truncated { part, ends, size } => {
                write!(f, "it is truncated: its {part} end at byte {ends}, the file at {size}")
            }
            Self::NoLoader { name, remedy } => {
                write!(f, "it needs the loader {name}, which is not on this machine: {remedy}")
            }
            Self::NoInterpreter { name } => {
                write!(f, "it is a script for \"{name}\", which is not on this machine")
            }
        }
    }
}

#[cfg(test)]
mod tests;
