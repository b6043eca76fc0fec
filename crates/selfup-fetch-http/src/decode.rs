//! Turns a response into an artifact: undoes its content coding and its compression.

use std::{
    io::{self, Cursor, Read},
    sync::Arc,
};

use selfup_fetch::{Artifact, Compression, Error, RunningExecutable};

use crate::{
    client::Client,
    coding::{Bytes, undone},
    response::Response,
    transfer::Transfer,
};

/// Turns a response into an artifact. It undoes the content coding, and decompresses the file if
/// its name at the end of the redirects, or else the configured name, says that it is compressed.
pub(crate) fn artifact(
    response: Response,
    client: &Arc<Client>,
    current: &RunningExecutable,
) -> Result<Artifact, Error> {
    checked_artifact(response, client, current, |file| file)
}

/// Like `decode`, but all bytes of the file as published pass through the reader from `check`.
pub(crate) fn checked_artifact(
    response: Response,
    client: &Arc<Client>,
    current: &RunningExecutable,
    check: impl FnOnce(Bytes) -> Bytes,
) -> Result<Artifact, Error> {
    let compression = match response.url.compression() {
        Compression::None => client.url.compression(),
        compression => compression,
    };
    let coding = response.coding(compression)?;
    let expected = response.length();
    let place = response.place.clone();
    let bytes = current.counted(Transfer::of(response, client), expected);
    if coding == Compression::None && compression == Compression::None {
        let artifact = Artifact::new(check(Box::new(bytes)));
        return Ok(if let Some(size) = expected { artifact.size(size) } else { artifact });
    }
    let decoded = if coding == compression {
        // A content coding of the same kind is nearly always the compression of the file itself.
        undone(check(Box::new(bytes)), coding, &place)?
    } else {
        check(undone(Box::new(bytes), coding, &place)?)
    };
    Ok(if coding == compression {
        Artifact::new(IfStill { compression, place, state: State::Unseen(decoded) })
    } else {
        Artifact::new(undone(decoded, compression, &place)?)
    })
}

/// Decompresses a body that is compressed, and passes on one that is not.
///
/// With `Content-Encoding: gzip` on an `app.gz`, some servers mean the compression of the file
/// itself, and some a second one on top. Once one is undone, only the bytes show which it was. The
/// same holds for zstd. No executable begins like either format.
struct IfStill {
    compression: Compression,
    place: String,
    state: State,
}

enum State {
    Unseen(Bytes),
    Seen(Bytes),
}

impl IfStill {
    /// The first bytes of the compressed format.
    const fn magic(&self) -> &'static [u8] {
        match self.compression {
            Compression::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
            _ => &[0x1f, 0x8b],
        }
    }
}

impl Read for IfStill {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let magic = self.magic();
        if let State::Unseen(reader) = &mut self.state {
            let mut start = Vec::with_capacity(magic.len());
            reader.by_ref().take(magic.len() as u64).read_to_end(&mut start)?;
            let is_compressed = start == magic;
            let reader = std::mem::replace(reader, Box::new(io::empty()));
            let whole = Box::new(Cursor::new(start).chain(reader));
            let compression = if is_compressed { self.compression } else { Compression::None };
            self.state = State::Seen(undone(whole, compression, &self.place)?);
        }
        match &mut self.state {
            State::Unseen(reader) | State::Seen(reader) => reader.read(buf),
        }
    }
}
