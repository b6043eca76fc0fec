//! Decompresses XZ: every stream of a file, within limited memory.

use std::io::{self, Read};

use lzma_rust2::XzReader;

use super::{flaw::Flaw, source::Source};
use crate::error::ErrorKind;

/// In KiB: a dictionary of 64 MiB, as `xz -9` uses it, and the memory of the decoder itself.
const MEMORY: u32 = (64 << 10) + (1 << 10);

/// Reads every stream of a file, and the padding between them.
pub(super) struct Xz<R: Read> {
    decoder: XzReader<Source<R>>,
}

impl<R: Read> Xz<R> {
    pub(super) fn new(source: Source<R>) -> Self {
        Self { decoder: XzReader::new_mem_limit(source, true, MEMORY) }
    }

    pub(super) fn source(&self) -> &Source<R> {
        self.decoder.inner()
    }

    pub(super) fn source_mut(&mut self) -> &mut Source<R> {
        self.decoder.inner_mut()
    }

    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize, Flaw> {
        self.decoder.read(buf).map_err(|error| match error.kind() {
            io::ErrorKind::OutOfMemory => Flaw::new(
                ErrorKind::TooLarge,
                "decompressing the xz stream takes a dictionary of over 64 MiB; compress it with \
                 `-9` at most",
            ),
            _ if self.source().has_ended() => Flaw::truncated("xz").because(error),
            _ => Flaw::of("xz", error),
        })
    }
}
