//! A reader that decompresses, and returns an error at a premature end.

mod flaw;
mod source;
#[cfg(feature = "xz")]
mod xz;
#[cfg(feature = "zstd")]
mod zstd;

use std::{
    fmt,
    io::{self, Read},
};

use flate2::bufread::MultiGzDecoder;

use crate::{
    compression::Compression,
    error::{Error, ErrorKind},
};
use flaw::Flaw;
use source::Source;

/// Returns a reader that decompresses every member, frame or stream of the input.
///
/// The reader ends only when the input is at its end and complete: gzip with the right checksums
/// and lengths, zstd and xz with the right checksums if they have any (the `zstd` and `xz` commands
/// write them by default). An input that stops earlier, even an empty one, is
/// [`ErrorKind::Truncated`]. Malformed data, also after the end, are [`ErrorKind::Corrupt`]. Errors
/// of the input itself pass through unchanged. After an error, every further read fails too.
///
/// Beyond 16 MiB, an output of more than 200 times the size of the input is
/// [`ErrorKind::TooLarge`]. Executables shrink to a third or a quarter, and debug builds to a tenth
/// or a twentieth, with any compression; bombs grow by 1,000 (gzip), 7,000 (xz) or 30,000 times
/// (zstd). The size itself is not limited here: that is up to the code that stores the bytes.
///
/// Memory: about 80 KiB for gzip. For the others the publisher chooses it, but it never exceeds the
/// size of the output so far, and is bounded: zstd keeps a window of up to 128 MiB, the limit of the
/// `zstd` command (8 MiB at level 19), and xz a dictionary of up to 64 MiB (`xz -9`; 8 MiB by
/// default). Both take up to half as much again while they grow. An input that needs more is
/// [`ErrorKind::TooLarge`].
///
/// # Errors
///
/// [`ErrorKind::Configuration`] if this crate was built without the feature, `zstd` or `xz`, that
/// the compression needs.
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Compression, Error, ErrorKind, decompress};
///
/// let page = b"<html>please log in</html>";
/// let mut reader = decompress(page.as_slice(), Compression::of_name("app.gz"))?.named("app.gz");
/// let error = std::io::copy(&mut reader, &mut std::io::sink()).unwrap_err();
/// assert_eq!(Error::from(error).kind(), ErrorKind::Corrupt);
/// # Ok::<(), Error>(())
/// ```
pub fn decompress<R: Read>(reader: R, compression: Compression) -> Result<Decompress<R>, Error> {
    let source = Source::new(reader);
    let decoder = match compression {
        Compression::None => Decoder::None(source),
        Compression::Gzip => Decoder::Gzip(MultiGzDecoder::new(source)),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Decoder::Zstd(Box::new(zstd::Zstd::new(source))),
        #[cfg(feature = "xz")]
        Compression::Xz => Decoder::Xz(Box::new(xz::Xz::new(source))),
        #[cfg(not(all(feature = "zstd", feature = "xz")))]
        missing => return Err(is_missing(missing)),
    };
    Ok(Decompress::new(decoder, compression))
}

/// Returns a reader that decompresses gzip: [`decompress`] with [`Compression::Gzip`], which is
/// always available.
///
/// # Examples
///
/// ```
/// use selfup_fetch::{Error, ErrorKind, gunzip};
///
/// let error = std::io::copy(&mut gunzip(std::io::empty()), &mut std::io::sink()).unwrap_err();
/// assert_eq!(Error::from(error).kind(), ErrorKind::Truncated);
/// ```
pub fn gunzip<R: Read>(reader: R) -> Decompress<R> {
    Decompress::new(Decoder::Gzip(MultiGzDecoder::new(Source::new(reader))), Compression::Gzip)
}

#[cfg(not(all(feature = "zstd", feature = "xz")))]
fn is_missing(compression: Compression) -> Error {
    let word = compression.word();
    let reason = format!(
        "it is compressed with {word}, and this program is built without the feature `{word}`; \
         turn it on, or publish in another form"
    );
    Error::new(ErrorKind::Configuration, reason)
}

/// The reader that [`decompress`] and [`gunzip`] return.
#[must_use]
pub struct Decompress<R: Read> {
    decoder: Decoder<R>,
    compression: Compression,
    out: u64,
    place: Option<String>,
    failed: Option<(ErrorKind, String)>,
}

enum Decoder<R: Read> {
    None(Source<R>),
    Gzip(MultiGzDecoder<Source<R>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::Zstd<R>>),
    #[cfg(feature = "xz")]
    Xz(Box<xz::Xz<R>>),
}

const FREE: u64 = 16 << 20;
const RATIO: u64 = 200;

impl<R: Read> Decompress<R> {
    const fn new(decoder: Decoder<R>, compression: Compression) -> Self {
        Self { decoder, compression, out: 0, place: None, failed: None }
    }

    /// Names the source in the errors.
    pub fn named(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    fn has_exploded(&self) -> bool {
        self.compression != Compression::None
            && self.out > FREE
            && self.out / RATIO > self.decoder.source().taken()
    }

    /// Remembers the flaw, so that further reads after an error never look like an end.
    fn fail(&mut self, flaw: Flaw) -> io::Error {
        if let Some(error) = self.decoder.source_mut().take_error() {
            let own = error.get_ref().and_then(|inner| inner.downcast_ref());
            let kind = own.map_or(ErrorKind::Io, Error::kind);
            self.failed = Some((kind, String::from("reading it has failed before")));
            return error;
        }
        let mut error = Error::new(flaw.kind, flaw.reason.as_str());
        self.failed = Some((flaw.kind, flaw.reason));
        if let Some(place) = &self.place {
            error = error.at(place);
        }
        if let Some(cause) = flaw.cause {
            error = error.with_source(cause);
        }
        error.into()
    }
}

impl<R: Read> Read for Decompress<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        if let Some((kind, reason)) = self.failed.clone() {
            return Err(self.fail(Flaw::new(kind, reason)));
        }
        let n = self.decoder.read(buf).map_err(|flaw| self.fail(flaw))?;
        self.out += n as u64;
        if self.has_exploded() {
            let reason = format!(
                "the {} stream grows to over {RATIO} times its size; if it is meant to, publish \
                 it uncompressed",
                self.compression.word()
            );
            return Err(self.fail(Flaw::new(ErrorKind::TooLarge, reason)));
        }
        Ok(n)
    }
}

impl<R: Read> Decoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Flaw> {
        match self {
            Self::None(source) => {
                source.read(buf).map_err(|e| Flaw::new(ErrorKind::Io, e.to_string()))
            }
            Self::Gzip(decoder) => decoder.read(buf).map_err(|error| Flaw::of("gzip", error)),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.read(buf),
            #[cfg(feature = "xz")]
            Self::Xz(decoder) => decoder.read(buf),
        }
    }

    fn source(&self) -> &Source<R> {
        match self {
            Self::None(source) => source,
            Self::Gzip(decoder) => decoder.get_ref(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.source(),
            #[cfg(feature = "xz")]
            Self::Xz(decoder) => decoder.source(),
        }
    }

    fn source_mut(&mut self) -> &mut Source<R> {
        match self {
            Self::None(source) => source,
            Self::Gzip(decoder) => decoder.get_mut(),
            #[cfg(feature = "zstd")]
            Self::Zstd(decoder) => decoder.source_mut(),
            #[cfg(feature = "xz")]
            Self::Xz(decoder) => decoder.source_mut(),
        }
    }
}

impl<R: Read> fmt::Debug for Decompress<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompress")
            .field("compression", &self.compression)
            .field("read", &self.decoder.source().taken())
            .field("out", &self.out)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
