//! A reader that compares the bytes with a size and digests.

use std::{
    fmt,
    io::{self, Read},
};

use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use crate::{
    digest::{Algorithm, Digest},
    error::{Error, ErrorKind},
};

/// Wraps a reader, and returns an error in place of the end if the size or a digest differs.
///
/// Use it for bytes that an installer never sees, such as the archive with the executable. Declare the size and
/// digests of the executable itself in the [`Artifact`](crate::Artifact), and the installer compares them.
///
/// Too few bytes are [`ErrorKind::Truncated`]. Too many, which is reported before the first surplus byte is
/// returned, and a different digest are [`ErrorKind::Corrupt`]. After an error, every further read fails too.
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Digest, Error, ErrorKind, checked};
///
/// let promised: Digest = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709".parse()?;
/// let mut reader = checked(b"<html>".as_slice(), None, vec![promised]).named("app.tar.gz");
/// let error = std::io::copy(&mut reader, &mut std::io::sink()).unwrap_err();
/// assert_eq!(Error::from(error).kind(), ErrorKind::Corrupt);
/// # Ok::<(), Error>(())
/// ```
pub fn checked<R: Read>(reader: R, size: Option<u64>, digests: Vec<Digest>) -> Checked<R> {
    let digests = digests.into_iter().map(|digest| (Hash::of(digest.algorithm()), digest));
    Checked {
        reader,
        size,
        digests: digests.collect(),
        read: 0,
        place: None,
        ended: false,
        failed: None,
    }
}

/// The reader that [`checked`] returns.
#[must_use]
pub struct Checked<R> {
    reader: R,
    size: Option<u64>,
    digests: Vec<(Hash, Digest)>,
    read: u64,
    place: Option<String>,
    ended: bool,
    failed: Option<(ErrorKind, String)>,
}

impl<R: Read> Checked<R> {
    /// Names the source in the errors.
    pub fn named(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Reads and discards what is left, for a caller that has found what it needs before the end: nothing is
    /// checked until the end is reached.
    ///
    /// # Errors
    ///
    /// Those of the reader, and those of the checks at the end.
    pub fn drain(&mut self) -> Result<(), Error> {
        io::copy(self, &mut io::sink()).map(drop).map_err(Error::from)
    }

    fn fail(&mut self, kind: ErrorKind, reason: String) -> io::Error {
        let mut error = Error::new(kind, reason.as_str());
        self.failed = Some((kind, reason));
        if let Some(place) = &self.place {
            error = error.at(place);
        }
        error.into()
    }

    fn end(&mut self) -> io::Result<usize> {
        if let Some(size) = self.size.filter(|size| self.read < *size) {
            let reason = format!("it ends after {} of {size} bytes", self.read);
            return Err(self.fail(ErrorKind::Truncated, reason));
        }
        for (hash, promised) in std::mem::take(&mut self.digests) {
            let found = hash.finish();
            if found != promised {
                let reason = format!("its digest is {found}, and should be {promised}");
                return Err(self.fail(ErrorKind::Corrupt, reason));
            }
        }
        self.ended = true;
        Ok(0)
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.ended {
            return Ok(0);
        }
        if let Some((kind, reason)) = self.failed.clone() {
            return Err(self.fail(kind, reason));
        }
        let n = self.reader.read(buf).inspect_err(|error| self.failed = stays(error))?;
        if n == 0 {
            return self.end();
        }
        self.read += n as u64;
        if let Some(size) = self.size.filter(|size| self.read > *size) {
            let reason = format!("it has more than the {size} bytes that it should have");
            return Err(self.fail(ErrorKind::Corrupt, reason));
        }
        for (hash, _) in &mut self.digests {
            hash.update(&buf[..n]);
        }
        Ok(n)
    }
}

/// Returns the error of further reads after an error of the reader. Interrupted reads are repeated.
fn stays(error: &io::Error) -> Option<(ErrorKind, String)> {
    let own = error.get_ref().and_then(|inner| inner.downcast_ref());
    let kind = own.map_or(ErrorKind::Io, Error::kind);
    let stays = error.kind() != io::ErrorKind::Interrupted;
    stays.then(|| (kind, String::from("reading it has failed before")))
}

impl<R> fmt::Debug for Checked<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let promised: Vec<_> = self.digests.iter().map(|(_, digest)| digest).collect();
        f.debug_struct("Checked")
            .field("size", &self.size)
            .field("digests", &promised)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

impl Digest {
    /// Computes the digests of everything that the reader returns.
    pub(crate) fn of<const N: usize>(
        algorithms: [Algorithm; N],
        reader: &mut impl Read,
    ) -> Result<[Self; N], Error> {
        let mut hashes = algorithms.map(Hash::of);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => hashes.iter_mut().for_each(|hash| hash.update(&buffer[..n])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(hashes.map(Hash::finish))
    }
}

enum Hash {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hash {
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Box::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> Digest {
        match self {
            Self::Sha1(hash) => Digest::whole(Algorithm::Sha1, &hash.finalize()),
            Self::Sha256(hash) => Digest::whole(Algorithm::Sha256, &hash.finalize()),
            Self::Sha512(hash) => Digest::whole(Algorithm::Sha512, &hash.finalize()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: [&str; 3] = [
        "sha1:7d1043473d55bfa90e8530d35801d4e381bc69f0",
        "sha256:a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333",
        "sha512:f43f799324a27fbdf95f67fae0bc55b3358e7595a0497518abae0b3998a6261aeffce29af846a62741b\
         1e17e04666d681d31fc43ca39383ae4450e59969e541e",
    ];

    fn promises(of: &[&str]) -> Vec<Digest> {
        of.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn read(bytes: &[u8], size: Option<u64>, digests: Vec<Digest>) -> Result<Vec<u8>, Error> {
        let mut read = Vec::new();
        // One byte at a time, and then what is there.
        let (first, rest) = bytes.split_at(bytes.len().min(1));
        checked(first.chain(rest), size, digests).named("it").read_to_end(&mut read)?;
        Ok(read)
    }

    #[test]
    fn what_is_as_promised_passes() {
        for (size, digests) in [
            (None, vec![]),
            (Some(3), vec![]),
            (Some(3), promises(&APP)),
            (None, promises(&APP[..1])),
            (None, promises(&[APP[1], APP[1]])),
        ] {
            assert_eq!(read(b"app", size, digests).unwrap(), b"app");
        }
        assert_eq!(read(b"", Some(0), vec![]).unwrap(), b"");
    }

    #[test]
    fn another_size_is_no_end() {
        let error = read(b"app", Some(4), promises(&APP)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(error.to_string(), "could not fetch it: it ends after 3 of 4 bytes");

        let mut reader = checked(b"app".as_slice(), Some(2), vec![]);
        let mut seen = Vec::new();
        let error = Error::from(reader.read_to_end(&mut seen).unwrap_err());
        assert_eq!((error.kind(), seen.as_slice()), (ErrorKind::Corrupt, b"".as_slice()));
    }

    #[test]
    fn another_digest_is_no_end_however_often_one_asks() {
        for (at, digest) in APP.iter().enumerate() {
            let mut digests = promises(&APP);
            digests.rotate_left(at);
            let mut reader = checked(b"apq".as_slice(), Some(3), digests);
            for _ in 0..2 {
                let error = reader.drain().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert!(error.to_string().contains(digest), "{error}");
            }
        }
    }

    #[test]
    fn the_rest_is_checked_when_it_is_drained() {
        let mut reader = checked(b"app".as_slice(), Some(3), promises(&APP));
        reader.read_exact(&mut [0]).unwrap();
        reader.drain().unwrap();
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);

        let mut reader = checked(b"apq".as_slice(), None, promises(&APP));
        reader.read_exact(&mut [0; 3]).unwrap();
        assert_eq!(reader.drain().unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn an_error_of_the_reader_stays_one() {
        struct Once(bool);
        impl Read for Once {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                match std::mem::replace(&mut self.0, false) {
                    true => Err(Error::new(ErrorKind::Stalled, "the line broke").into()),
                    false => Ok(0),
                }
            }
        }
        let mut reader = checked(Once(true), None, vec![]);
        assert_eq!(reader.drain().unwrap_err().to_string(), "could not fetch: the line broke");
        assert_eq!(reader.drain().unwrap_err().kind(), ErrorKind::Stalled);
    }
}
