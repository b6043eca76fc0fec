//! The one executable inside an archive.
//!
//! Releases are often published as archives: a `.tar.gz` with the program, its licence and a manual
//! page. [`unpack`] finds the program in there ([`Member`] says which it is) and gives a reader of
//! its bytes.
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
//! The executable's last bytes are handed out only when the whole archive has been read to its end
//! and found sound: complete, decompressed with the right checksums, without a second file that
//! could have been meant. If it is not, there is an error in their place. So if the archive's own
//! digest is known, [`checked`](crate::checked) around the body is enough: nobody gets all of an
//! executable out of an archive that is another one.
//!
//! # What is never chosen
//!
//! Nothing is written under a name from the archive, so none can lead out of a directory. Still,
//! entries are passed over whose paths are absolute, contain `..`, backslashes or control
//! characters, are longer than 4096 bytes or no UTF-8. So are links, directories and devices.
//!
//! # What is refused
//!
//! Whatever two programs could read differently: the chosen path more than once; sparse files, parts
//! of an archive in several volumes and other rarities of tar; in a tar archive, content of a link
//! or directory, or anything behind the end; in a zip archive, a local header that contradicts the
//! directory, or anything behind the end. Encrypted files, and files in a zip archive that are
//! compressed otherwise than by deflate.
//!
//! # Limits
//!
//! At most 65,535 entries; of what tar says about an entry in extended headers, at most 64 KiB; what
//! has to be kept on disk, at most what [`Spool`] allows; what is compressed grows to at most 200
//! times its size, see [`decompress`](crate::decompress).
//!
//! Memory: about 2 MiB at the most, which is for the entries' names of an archive with very many,
//! and what [`decompress`](crate::decompress) needs.
//!
//! Disk: a tar archive is read as it comes. Only a file that is merely likely to be the right one
//! is kept until nothing better came. A zip archive has its directory at the end, so it is kept as
//! a whole. Both are files without a name that vanish by themselves.

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
/// A tar archive is read until the file is found, and on while the result is read. A zip archive is
/// read to its end.
///
/// # Errors
///
/// Those of the reader. Of [`decompress`](crate::decompress). And
/// [`Configuration`](crate::ErrorKind::Configuration) if this crate was built without the feature
/// `archive`, [`Corrupt`](crate::ErrorKind::Corrupt) if it is no sound archive, has no such file or
/// several, [`Truncated`](crate::ErrorKind::Truncated) if it ends before it is complete,
/// [`TooLarge`](crate::ErrorKind::TooLarge) beyond the limits. A file that is missing or ambiguous
/// is an error that lists up to ten that are there.
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
