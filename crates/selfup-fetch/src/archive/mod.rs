//! Finds and reads the one executable inside an archive.
//!
//! Releases are often published as archives: a `.tar.gz` with the program, its licence and a manual
//! page. [`unpack`] finds the program in it, by the rule of a [`Member`], and returns a reader of its
//! bytes.
//!
//! ```
//! use selfup_fetch::{Artifact, archive::{Format, Member, Spool, unpack}};
//! # fn fetched(body: impl std::io::Read + Send + 'static, current: &selfup_fetch::RunningExecutable)
//! # -> Result<Artifact, selfup_fetch::Error> {
//!
//! let place = "https://example.org/app-1.2-linux.tar.xz";
//! let format = Format::of_name(place).expect("it ends in .tar.xz");
//! let spool = Spool::beside(current);
//! let unpacked = unpack(body, format, &Member::of_program("app"), &spool)
//!     .map_err(|error| error.at(place))?;
//! Ok(unpacked.named(place).into_artifact())
//! # }
//! ```
//!
//! # What is checked before the last byte
//!
//! The reader returns the last bytes of the executable only after it has read the whole archive and
//! found it intact: complete, with the right checksums, and without a second file that could be the
//! executable. Otherwise it returns an error in their place. So if the digest of the archive is known,
//! [`checked`](crate::checked) around the body is enough: a wrong archive never yields a whole
//! executable.
//!
//! # What is never chosen
//!
//! Nothing is written under a name from the archive, so no name can lead out of a directory. Still,
//! entries are skipped if their path is absolute, contains `..`, backslashes or control characters,
//! is longer than 4096 bytes or is not UTF-8. Links, directories and devices are skipped as well.
//!
//! # What is refused
//!
//! Anything that two programs could read differently: the chosen path more than once; sparse files,
//! parts of an archive in several volumes and other rarities of tar; in a tar archive, content of a
//! link or directory, or data after the end; in a zip archive, a local header that contradicts the
//! directory, or data after the end. Also encrypted files, and files in a zip archive that are
//! compressed by another method than deflate.
//!
//! # Limits
//!
//! An archive has at most 65,535 entries, and at most 64 KiB of extended headers of tar per entry. A
//! [`Spool`] limits the data on disk. Compressed data grow to at most 200 times their size, see
//! [`decompress`](crate::decompress).
//!
//! Memory: at most about 2 MiB, for the names in an archive with very many entries, and the memory
//! that [`decompress`](crate::decompress) needs.
//!
//! Disk: a tar archive is streamed. Only a file that may be the right one, but is not certain to be,
//! is buffered until the end of the archive. A zip archive has its directory at the end, so it is
//! buffered as a whole. Both buffers are files without a name, which disappear with the process.

#[cfg(feature = "archive")]
mod choice;
mod format;
#[cfg(feature = "archive")]
mod keep;
mod member;
#[cfg(feature = "archive")]
mod path;
#[cfg(feature = "archive")]
mod room;
mod spool;
#[cfg(feature = "archive")]
mod tar;
mod unpacked;
#[cfg(feature = "archive")]
mod zip;

use std::io::Read;

use crate::error::Error;
pub use format::Format;
pub use member::Member;
pub use spool::Spool;
pub use unpacked::Unpacked;

/// Finds the executable in an archive.
///
/// It reads a tar archive until it has found the file; the returned reader reads the rest. It reads a
/// zip archive to its end.
///
/// # Errors
///
/// The errors of the reader and of [`decompress`](crate::decompress), and
/// [`Configuration`](crate::ErrorKind::Configuration) if this crate was built without the feature
/// `archive`, [`Corrupt`](crate::ErrorKind::Corrupt) if the archive is malformed, or has no such file
/// or several, [`Truncated`](crate::ErrorKind::Truncated) if it ends before it is complete, and
/// [`TooLarge`](crate::ErrorKind::TooLarge) beyond the limits. If the file is missing or ambiguous,
/// the error lists up to ten files of the archive.
pub fn unpack(
    reader: impl Read + Send + 'static,
    format: Format,
    member: &Member,
    spool: &Spool,
) -> Result<Unpacked, Error> {
    #[cfg(feature = "archive")]
    return match format {
        Format::Tar(compression) => {
            tar::unpack(crate::decompress::decompress(reader, compression)?, member, spool)
        }
        Format::Zip => zip::unpack(reader, member, spool),
    };
    #[cfg(not(feature = "archive"))]
    {
        drop((reader, format, member, spool));
        let reason = "it is an archive, and this program is built without the feature `archive`; \
                      turn it on, or publish the executable as it is";
        Err(Error::new(crate::error::ErrorKind::Configuration, reason))
    }
}
