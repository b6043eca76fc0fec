//! The type [`Id`]: an executable by the SHA-1 of its bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::str::FromStr;

use sha1::{Digest as _, Sha1};

use crate::error::{Error, ErrorKind};

/// The number of bytes to read at a time: large enough to make system calls negligible, small enough to make
/// memory negligible.
pub(crate) const CHUNK: usize = 128 * 1024;

/// The identity of an executable: the SHA-1 of its bytes, printed as 40 lower-case hexadecimal digits.
///
/// It distinguishes one build from another. It does not prove where the bytes come from, because a person who
/// chooses both files can make two with the same SHA-1. To verify a download, expect a
/// [`Digest`](crate::Digest), SHA-256 or better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 20]);

impl Id {
    /// Computes the id of a whole file, from its first byte, whatever its position is.
    ///
    /// The position does not change, and memory use is constant. If another process writes to the file
    /// meanwhile, the result may match no state of the file.
    ///
    /// # Errors
    ///
    /// Those of reading the file, which has to be open for reading.
    pub fn of_file(file: &File) -> io::Result<Self> {
        Self::of(Positioned { file, offset: 0 })
    }

    /// Computes the id of everything that `reader` returns.
    ///
    /// # Errors
    ///
    /// Those of the reader. Interrupted reads are repeated.
    pub fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut hash = Sha1::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => return Ok(Self(hash.finalize().into())),
                Ok(length) => hash.update(&chunk[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Returns the 20 bytes of the SHA-1.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// A reader of a file with a position of its own.
struct Positioned<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(chunk, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Id {
    /// The 40 digits.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl FromStr for Id {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_hex(text).map(Self).ok_or_else(|| {
            let text = text.escape_debug();
            Error::new(
                ErrorKind::Malformed,
                format!("could not take '{text}' for an id: it must be 40 hexadecimal digits"),
            )
        })
    }
}

pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Parses exactly `2 * N` hexadecimal digits of either case.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::try_from(value(pair[0])? << 4 | value(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ABC: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    #[test]
    fn an_id_prints_the_sha_1_in_lower_case_and_parses_either_case() {
        let id = Id::of(&b"abc"[..]).unwrap();
        assert_eq!(id.to_string(), ABC);
        assert_eq!(ABC.parse::<Id>().unwrap(), id);
        assert_eq!(ABC.to_uppercase().parse::<Id>().unwrap(), id);
    }

    #[test]
    fn the_id_of_a_file_starts_at_its_first_byte_and_leaves_the_position() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abc").unwrap();
        assert_eq!(Id::of_file(&file).unwrap().to_string(), ABC);
        file.write_all(b"d").unwrap();
        assert_eq!(Id::of_file(&file).unwrap(), Id::of(&b"abcd"[..]).unwrap());
    }

    #[test]
    fn text_that_is_not_40_digits_is_an_error() {
        for text in ["", "abc", &ABC[1..], &format!("{ABC}0"), &ABC.replace('a', "g"), "é"] {
            assert_eq!(text.parse::<Id>().unwrap_err().kind(), ErrorKind::Malformed, "{text}");
        }
    }
}
