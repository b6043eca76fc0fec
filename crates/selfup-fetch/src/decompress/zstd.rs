//! Decompresses Zstandard: every frame of a stream, within a limited window.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

use super::{flaw::Flaw, source::Source};
use crate::error::ErrorKind;

/// The largest window, which is also the default limit of the `zstd` command.
const WINDOW: u64 = 128 << 20;

/// Reads every frame of a stream in turn; the decoder itself reads only one.
pub(super) struct Zstd<R> {
    source: Source<R>,
    decoder: FrameDecoder,
    /// The number of bytes that the current frame has produced; `None` between two frames.
    given: Option<u64>,
    /// Whether a frame that is not skippable has been read: a complete stream has at least one.
    any: bool,
}

impl<R: Read> Zstd<R> {
    pub(super) fn new(source: Source<R>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { source, decoder, given: None, any: false }
    }

    pub(super) const fn source(&self) -> &Source<R> {
        &self.source
    }

    pub(super) const fn source_mut(&mut self) -> &mut Source<R> {
        &mut self.source
    }

    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize, Flaw> {
        loop {
            let Some(given) = self.given else {
                if !self.start_frame()? {
                    return Ok(0);
                }
                continue;
            };
            if self.decoder.can_collect() > 0 {
                let n = self.decoder.read(buf).map_err(|error| Flaw::of("zstd", error))?;
                self.given = Some(given + n as u64);
                return Ok(n);
            }
            if self.decoder.is_finished() {
                self.finish_frame(given)?;
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.source, one);
                decoded.map_err(|error| self.explain(error))?;
            }
        }
    }

    /// Begins the next frame, unless the stream is at its end.
    fn start_frame(&mut self) -> Result<bool, Flaw> {
        let next = self.source.fill_buf().map_err(|error| Flaw::of("zstd", error))?;
        match next.first() {
            None if self.any => return Ok(false),
            None => return Err(Flaw::truncated("zstd")),
            // The first byte of a frame, and of a skippable one.
            Some(0x28 | 0x50..=0x5f) => {}
            Some(_) => return Err(Flaw::corrupt("zstd")),
        }
        match self.decoder.init(&mut self.source) {
            Ok(()) => (self.given, self.any) = (Some(0), true),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => self.skip(length.into())?,
            Err(error) => return Err(self.explain(error)),
        }
        Ok(true)
    }

    fn skip(&mut self, length: u64) -> Result<(), Flaw> {
        let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink());
        match skipped.map_err(|error| Flaw::of("zstd", error))? {
            n if n == length => Ok(()),
            _ => Err(Flaw::truncated("zstd")),
        }
    }

    /// Compares the output of the frame with its checksum and its size, if it has them.
    fn finish_frame(&mut self, given: u64) -> Result<(), Flaw> {
        self.given = None;
        let written = self.decoder.get_checksum_from_data();
        if written.is_some() && written != self.decoder.get_calculated_checksum() {
            return Err(Flaw::corrupt("zstd").because("the checksum of a frame differs"));
        }
        let promised = self.decoder.content_size();
        if promised != 0 && promised != given {
            let cause = format!("a frame should have {promised} bytes and has {given}");
            return Err(Flaw::corrupt("zstd").because(cause));
        }
        Ok(())
    }

    fn explain(&self, error: FrameDecoderError) -> Flaw {
        match error {
            FrameDecoderError::WindowSizeTooBig { .. } => Flaw::new(
                ErrorKind::TooLarge,
                "decompressing the zstd stream takes a window of over 128 MiB; compress it with \
                 `--ultra -22 --long=27` at most",
            ),
            FrameDecoderError::DictNotProvided { .. } => Flaw::new(
                ErrorKind::Corrupt,
                "the zstd stream needs a dictionary; compress it without one",
            ),
            _ if self.source.has_ended() => Flaw::truncated("zstd").because(error),
            _ => Flaw::corrupt("zstd").because(error),
        }
    }
}
