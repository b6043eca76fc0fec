//! The type [`Staged`]: a new executable that is being written and checked.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::digest::{Digest, Hashes};
use crate::error::{Error, ErrorKind, Result};
use crate::expected::Expected;
use crate::id::{CHUNK, Id};
use crate::notes::Notes;
use crate::occupant::Occupant;
use crate::placement::Placement;
use crate::signature::Signature;
use crate::sys;
use crate::target::Target;
use crate::temporary::{temporary, temporary_in};
use crate::version::Claim;
use crate::words::Words;

/// The number of bytes after which the disk should begin to write, while more arrive: large enough to keep a disk
/// busy, small compared with an executable.
const WRITE_BACK: u64 = 8 << 20;

/// The number of bytes after which the free space is checked, if the size is unknown.
const LOOK: u64 = 1 << 20;

/// A temporary file beside the target, and the lock that excludes other installers.
///
/// Dropping it removes the file and releases the lock.
///
/// # Examples
///
/// ```
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("app");
/// # std::fs::write(&path, "#!/bin/sh\n")?;
/// use selfup_install::{Expected, Target};
///
/// let target = Target::new(&path)?;
/// let mut staged = target.stage(Expected::new())?;
/// let download = b"#!/bin/sh\n";
/// staged.write(&mut &download[..], &mut |_so_far| ())?;
/// if staged.id() == staged.present() {
///     return Ok(()); // up to date: nothing is left behind
/// }
/// # unreachable!();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping it removes the staged file"]
pub struct Staged {
    // Dropped in this order: the file goes before the lock does.
    pub(crate) path: TempPath,
    pub(crate) file: File,
    pub(crate) content: Option<Id>,
    expected: Expected,
    signature: Option<Signature>,
    words: Words,
    pub(crate) replaces: Box<Occupant>,
    pub(crate) site: Box<Placement>,
}

impl Target {
    /// Locks out other installers, removes leftovers of one that crashed, and creates the temporary file for
    /// the new executable beside the target.
    ///
    /// The lock is held until the result (a [`Staged`], later a [`Verified`](crate::Verified)) is dropped or
    /// installed. The file has a random name, is new, and only its owner can read it.
    ///
    /// # Errors
    ///
    /// [`Busy`](ErrorKind::Busy) if another installer is at work; [`TooLarge`](ErrorKind::TooLarge) if the
    /// expected size is above the cap; [`SignatureMissing`](ErrorKind::SignatureMissing),
    /// [`SignatureMalformed`](ErrorKind::SignatureMalformed) or
    /// [`SignatureUntrusted`](ErrorKind::SignatureUntrusted) if there are trusted keys and no signature by one
    /// of them; otherwise an error of writing to the directory, which [`preflight`](Self::preflight) finds
    /// before anything is downloaded.
    pub fn stage(&self, expected: Expected) -> Result<Staged> {
        Staged::create(self, expected)
    }
}

impl Staged {
    pub(crate) fn create(target: &Target, expected: Expected) -> Result<Self> {
        let signature = promised(target, &expected)?;
        target.require_same_path()?;
        let site = Placement::enter(target)?;
        Self::at(site, temporary(target)?, expected, signature)
    }

    /// Creates a staged file elsewhere, which is not installed: without a lock, and without a change in the
    /// target's directory.
    pub(crate) fn elsewhere(target: &Target, directory: &Path, expected: Expected) -> Result<Self> {
        let signature = promised(target, &expected)?;
        target.require_same_path()?;
        let site = Placement::visit(target)?;
        Self::at(site, temporary_in(directory, target)?, expected, signature)
    }

    fn at(
        site: Placement,
        temporary: NamedTempFile,
        expected: Expected,
        signature: Option<Signature>,
    ) -> Result<Self> {
        let replaces = Box::new(Occupant::at(site.target.resolved())?);
        let site = Box::new(site);
        let (file, path) = temporary.into_parts();
        Ok(Self {
            path,
            file,
            content: None,
            expected,
            signature,
            words: Words::default(),
            replaces,
            site,
        })
    }

    /// Streams the new executable into the staged file, and returns its size in bytes.
    ///
    /// Memory use is constant, and the bytes are hashed as they pass. `progress` is called with the number of
    /// bytes so far, after each piece of at most 128 KiB. If the size is known, disk space is reserved for it
    /// before the first byte is read.
    ///
    /// Each call starts from the beginning and discards what an earlier one wrote, so a transfer that broke
    /// off can be repeated. After a failure the space on the disk is released at once.
    ///
    /// # Errors
    ///
    /// - [`Source`](ErrorKind::Source): the reader failed. Its error is the
    ///   [`source`](std::error::Error::source), and [`is_transient`](Error::is_transient) returns whether the
    ///   transfer failed, and not the content.
    /// - [`TooLarge`](ErrorKind::TooLarge): the size is above the cap.
    /// - [`SizeMismatch`](ErrorKind::SizeMismatch): the size is not the expected one. This is transient if it
    ///   is too small, as after a broken transfer.
    /// - [`DigestMismatch`](ErrorKind::DigestMismatch): a digest is not the expected one.
    /// - [`SignatureInvalid`](ErrorKind::SignatureInvalid): the signature is not of these bytes;
    ///   [`SignatureMismatch`](ErrorKind::SignatureMismatch): it is for another name or version.
    /// - [`OtherProgram`](ErrorKind::OtherProgram): the note declares another program;
    ///   [`Malformed`](ErrorKind::Malformed): the note is invalid.
    /// - [`NoSpace`](ErrorKind::NoSpace), [`Io`](ErrorKind::Io): the disk failed or is full. It is never
    ///   filled up: 5 % of it, or 256 MiB if that is less, stay free for other programs.
    pub fn write(&mut self, reader: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<u64> {
        self.content = None;
        self.words = Words::default();
        let written = self.restart().and_then(|()| self.stream(reader, progress));
        match written {
            Ok(Arrived { size, id, words }) => {
                self.content = Some(id);
                self.words = words;
                Ok(size)
            }
            Err(error) => {
                // This fails only if there is nothing to release.
                drop(self.file.set_len(0));
                Err(error)
            }
        }
    }

    /// Returns the id of the written bytes. Before a [`write`](Self::write) has succeeded, it is that of no
    /// bytes.
    #[must_use]
    pub fn id(&self) -> Id {
        self.content.unwrap_or_else(|| Hashes::for_digests(&[]).finish().id)
    }

    /// Returns the id of the executable that was at the target's path when the lock was taken.
    #[must_use]
    pub fn present(&self) -> Id {
        self.replaces.id
    }

    /// Returns the version of the written executable: the one that it declares or that is signed with it,
    /// otherwise the one that its source announces.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.claim().map(|claim| claim.version)
    }

    /// Returns the version that the written executable declares in its note, or that is signed with it, if
    /// there is one. This one comes from the developer, while [`version`](Self::version) may come from the
    /// publisher alone.
    #[must_use]
    pub fn own_version(&self) -> Option<&str> {
        self.words.own_version()
    }

    pub(crate) fn claim(&self) -> Option<Claim<'_>> {
        self.words.claim()
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Returns the files beside the target that belong to this one, in the order in which a process that has
    /// to end at once, without dropping it, may remove them.
    ///
    /// The process has to end right after, because the lock has no effect without its file. If it removes
    /// nothing, the next installer does.
    #[must_use]
    pub fn files(&self) -> [PathBuf; 2] {
        [self.path.to_path_buf(), self.site.target.names().lock()]
    }

    fn restart(&mut self) -> Result<()> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(|cause| could_not_write(&self.path, 0, cause))?;
        self.require_room(self.expected.size.unwrap_or_default())?;
        match self.expected.size {
            Some(size) => sys::reserve(&self.file, size).map_err(|cause| {
                let path = self.path.display();
                Error::system(format_args!("could not reserve {size} bytes for {path}"), cause)
            }),
            None => Ok(()),
        }
    }

    fn stream(&mut self, reader: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<Arrived> {
        let mut verifier = self.signature.as_ref().map(Signature::verifier);
        let mut hashes = Hashes::for_digests(&self.expected.digests);
        let mut chunk = vec![0; CHUNK];
        let (mut size, mut on_its_way, mut looked) = (0_u64, 0, 0);
        loop {
            let length = match reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(source_failed(&self.site.target, size, cause)),
            };
            size += length as u64;
            self.bound(size)?;
            if self.expected.size.is_none() && size >= looked + LOOK {
                self.require_room(0)?;
                looked = size;
            }
            hashes.update(&chunk[..length]);
            if let Some(verifier) = &mut verifier {
                verifier.update(&chunk[..length]);
            }
            (&self.file)
                .write_all(&chunk[..length])
                .map_err(|cause| could_not_write(&self.path, size, cause))?;
            if size - on_its_way >= WRITE_BACK {
                sys::begin_writing_back(&self.file, on_its_way, size);
                on_its_way = size;
            }
            progress(size);
        }
        let hashed = hashes.finish();
        self.compare(size, hashed.mismatch(&self.expected.digests))?;
        let target = &self.site.target;
        let comment = verifier.map(|verifier| verifier.finish(target)).transpose()?;
        let notes = Notes::of_file(&self.file).map_err(|cause| {
            Error::system(format_args!("could not read {}", self.path.display()), cause)
        })?;
        let comment = comment.unwrap_or_default();
        let words = Words::hold_together(&notes, &comment, &self.expected, target)?;
        Ok(Arrived { size, id: hashed.id, words })
    }

    /// Checks that this many bytes fit on the disk without filling it.
    fn require_room(&self, bytes: u64) -> Result<()> {
        sys::require_room(&self.file, bytes).map_err(|(free, kept)| {
            let text = format!(
                "could not reserve {bytes} bytes for the new executable for {}: no space left: {free} bytes \
                 are free on its disk, and {kept} are kept for others; free some and try again",
                self.site.target.path().display()
            );
            Error::new(ErrorKind::NoSpace, text)
        })
    }

    /// Checks both limits while more bytes may come.
    fn bound(&self, size: u64) -> Result<()> {
        let target = &self.site.target;
        if size > self.expected.size_cap {
            return Err(too_large(target, "more is coming", &self.expected));
        }
        match self.expected.size {
            Some(promised) if size > promised => {
                let text = format!(
                    "could not take what came for {}: it is longer than the {promised} bytes promised",
                    target.path().display()
                );
                Err(Error::new(ErrorKind::SizeMismatch, text))
            }
            _ => Ok(()),
        }
    }

    fn compare(&self, size: u64, broken: Option<(&Digest, &Digest)>) -> Result<()> {
        let path = self.site.target.path().display();
        if let Some(promised) = self.expected.size.filter(|promised| *promised != size) {
            let text = format!(
                "could not take what came for {path}: it ended after {size} of {promised} bytes"
            );
            return Err(Error::new(ErrorKind::SizeMismatch, text).transient(true));
        }
        match broken {
            Some((promised, found)) => {
                let text = format!(
                    "could not take what came for {path}: its digest is {found}, promised was {promised}"
                );
                Err(Error::new(ErrorKind::DigestMismatch, text))
            }
            None => Ok(()),
        }
    }
}

/// Checks the requirements themselves, and returns the signature to verify, if one is needed.
pub(crate) fn promised(target: &Target, expected: &Expected) -> Result<Option<Signature>> {
    if let Some(size) = expected.size.filter(|size| *size > expected.size_cap) {
        return Err(too_large(target, &format!("{size} bytes are promised"), expected));
    }
    Signature::expected(expected, target)
}

/// A completed stream.
struct Arrived {
    size: u64,
    id: Id,
    words: Words,
}

fn too_large(target: &Target, found: &str, expected: &Expected) -> Error {
    let (path, cap) = (target.path().display(), expected.size_cap);
    let text = format!("could not take what came for {path}: {found}, the size cap is {cap} bytes");
    let advice = "raise it if executables are meant to be that large";
    Error::new(ErrorKind::TooLarge, text).advise(advice)
}

fn could_not_write(path: &Path, size: u64, cause: io::Error) -> Error {
    let path = path.display();
    Error::system(format_args!("could not write the first {size} bytes of {path}"), cause)
}

/// The error of a reader. A transfer that breaks off may succeed the next time. A source that is missing,
/// forbidden or corrupt stays so.
fn source_failed(target: &Target, size: u64, cause: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, NotFound, PermissionDenied, Unsupported};
    let lasting = [InvalidData, InvalidInput, NotFound, PermissionDenied, Unsupported];
    let transient = !lasting.contains(&cause.kind());
    let path = target.path().display();
    let text = format!("could not read on after {size} bytes of the new executable for {path}");
    Error::new(ErrorKind::Source, text).transient(transient).because(cause)
}
