//! Telling what is no executable for this machine, from the headers of a file that may hold
//! anything.
//!
//! It names what was found. A file that passes may still be broken: the probe will tell.

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
pub(crate) use headers::ReadAt;

/// As much as is looked at to tell the sort of a file: a tar archive has its magic at byte 257.
const HEAD: usize = 512;

/// What can be executed here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Executable {
    Script,
    /// For macOS; only accepted there.
    MachO,
    /// With what its selfup notes tell.
    Elf {
        notes: Notes,
    },
}

/// What keeps bytes from being an executable for this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Empty,
    /// Something else that is well known.
    Known(&'static str),
    Unknown {
        begins: String,
    },
    OtherMachine {
        found: Machine,
        expected: Machine,
    },
    OtherSystem(&'static str),
    /// An ELF file that is no program.
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

/// The first bytes of a file.
pub(crate) fn head(bytes: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let filled = fill(bytes, &mut head, 0)?;
    head.truncate(filled);
    Ok(head)
}

/// Judges a file of `size` bytes. Good are scripts (`#!`), and ELF programs for the machine this was
/// compiled for or for that of the executable to be replaced, which ran here, if what they need to
/// be started is here too.
///
/// Reads the headers alone, a bounded part of them, and each of them once.
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
    if cfg!(target_vendor = "apple") && known::is_mach_o(head) {
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
    /// Whether it may have been a program of this machine's once.
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
