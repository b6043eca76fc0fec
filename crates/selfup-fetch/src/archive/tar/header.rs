//! One header block of a tar archive.

use tar::EntryType;

use super::super::{choice::Seen, path::normal};
use crate::error::{Error, ErrorKind};

pub(super) const BLOCK: usize = 512;

/// The meaning of one header block.
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) path: Vec<u8>,
    pub(super) size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        is_executable: bool,
    },
    /// An entry without content: a directory, a link, a device.
    Empty,
    /// An unknown kind, which is skipped with its content, as other programs do.
    Other,
    /// About the next entry.
    Pax,
    /// About all that follow.
    Global,
    LongName,
    LongLink,
}

/// Parses a block; see tar(5) and pax in POSIX.1.
pub(super) fn read(block: &[u8; BLOCK]) -> Result<Header, Error> {
    let header = tar::Header::from_byte_slice(block);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    // The field of the checksum itself counts as eight spaces.
    let field: u32 = block[148..156].iter().map(|byte| u32::from(*byte)).sum();
    if header.cksum().ok() != Some(sum - field + 8 * u32::from(b' ')) {
        return Err(corrupt("the checksum of a header differs"));
    }
    let size = size(block).ok_or_else(|| corrupt("a header has no sound size"))?;
    let path = header.path_bytes().into_owned();
    Ok(Header { kind: kind(header, &path)?, path, size })
}

/// Parses octal digits, or a number in base 256 if the first bit is set. Negative and huge numbers are
/// invalid.
fn size(block: &[u8; BLOCK]) -> Option<u64> {
    let field = &block[124..136];
    let is_sound = match field[0] {
        0x80 => field[1..4] == [0; 3],
        first => first.is_ascii(),
    };
    is_sound.then(|| tar::Header::from_byte_slice(block).entry_size().ok()).flatten()
}

fn kind(header: &tar::Header, path: &[u8]) -> Result<Kind, Error> {
    Ok(match header.entry_type() {
        // The oldest programs write a directory like this.
        EntryType::Regular if path.ends_with(b"/") => Kind::Empty,
        EntryType::Regular | EntryType::Continuous => {
            let mode = header.mode().map_err(|_| corrupt("a header has no sound mode"))?;
            Kind::File { is_executable: mode & 0o111 != 0 }
        }
        EntryType::Link
        | EntryType::Symlink
        | EntryType::Char
        | EntryType::Block
        | EntryType::Directory
        | EntryType::Fifo => Kind::Empty,
        EntryType::XHeader => Kind::Pax,
        EntryType::XGlobalHeader => Kind::Global,
        EntryType::GNULongName => Kind::LongName,
        EntryType::GNULongLink => Kind::LongLink,
        EntryType::GNUSparse => return Err(sparse()),
        other => match other.as_byte() {
            // A part of a file, an extended header of Solaris, long names of the oldest GNU tar.
            byte @ (b'M' | b'X' | b'N') => {
                let what = format!("it has an entry of the type {:?}", char::from(byte));
                return Err(corrupt(&what));
            }
            _ => Kind::Other,
        },
    })
}

impl Kind {
    pub(super) fn seen(self, path: &[u8]) -> Seen {
        let file = match self {
            Self::File { is_executable } => Some(is_executable),
            _ => None,
        };
        Seen { path: normal(path), file }
    }
}

pub(super) fn sparse() -> Error {
    let reason = "the tar archive has a sparse file; pack it without `--sparse`";
    Error::new(ErrorKind::Corrupt, reason).permanent()
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("it is not a sound tar archive: {what}"))
}
