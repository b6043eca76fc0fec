//! The note by which an executable says that it is a selfup program.

use std::ops::RangeInclusive;

use object::Endianness;
use object::endian::Endian as _;

use crate::error::{Error, ErrorKind, Result};
use crate::format::Executable;
use crate::target::Target;

/// The owner of the note, without the zero byte at its end.
const OWNER: &[u8] = b"selfup";

/// The type of the note whose content is the protocol version.
const PROTOCOL: u32 = 1;

/// The protocol version that a note tells, if it is one of ours: a 32-bit number in the byte order
/// of the file.
pub(crate) fn protocol(owner: &[u8], kind: u32, content: &[u8], order: Endianness) -> Option<u32> {
    let version = content.first_chunk().filter(|_| owner == OWNER && kind == PROTOCOL)?;
    Some(order.read_u32(*version))
}

/// Refuses what is no selfup program, or one that speaks none of these versions.
pub(crate) fn require(
    executable: &Executable,
    spoken: &RangeInclusive<u32>,
    target: &Target,
) -> Result<()> {
    let name = target.path().display();
    let no_marker = |what: &str| {
        let text = format!(
            "cannot replace {name} by what came: it is no selfup program: {what}; build it with \
             selfup::run in it"
        );
        Err(Error::new(ErrorKind::NoMarker, text))
    };
    let protocols = match executable {
        Executable::Elf { protocols } => protocols,
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
        "cannot replace {name} by what came: it speaks version {} of selfup's protocol, what runs \
         speaks {spoken}; install it by hand and start the service anew, or build it with a selfup \
         that speaks {spoken}",
        found.join(" and ")
    );
    Err(Error::new(ErrorKind::Protocol, text))
}
