use std::{
    io::{self, Cursor, Read},
    sync::Arc,
};

use selfup_fetch::{Artifact, Error, gunzip};

use crate::{answer::Answer, client::Client, transfer::Transfer};

/// Makes an artifact of an answer: content coding undone, and decompressed if a name in the
/// chain of redirects ends in `.gz`.
pub(crate) fn artifact(answer: Answer, client: &Arc<Client>) -> Result<Artifact, Error> {
    let coded = answer.is_coded()?;
    let expected = answer.length();
    let names_gzip = client.url.names_gzip() || answer.url.names_gzip();
    let place = answer.place.clone();
    let bytes = Transfer::of(answer, client);
    Ok(match (coded, names_gzip, expected) {
        (false, false, Some(size)) => Artifact::new(bytes).size(size),
        (false, false, None) => Artifact::new(bytes),
        (true, true, _) => Artifact::new(IfGzip::new(gunzip(bytes).named(&place), place)),
        _ => Artifact::new(gunzip(bytes).named(place)),
    })
}

/// Decompresses what is gzip and leaves what is not.
///
/// For a `.gz` file, some servers mean by `Content-Encoding: gzip` the file's own compression and
/// some a second one on top, so after undoing one only the bytes can tell. No executable begins
/// like gzip.
struct IfGzip {
    state: State,
    place: String,
}

enum State {
    Unseen(Box<dyn Read + Send>),
    Seen(Box<dyn Read + Send>),
}

impl IfGzip {
    fn new(reader: impl Read + Send + 'static, place: String) -> Self {
        Self { state: State::Unseen(Box::new(reader)), place }
    }
}

const MAGIC: [u8; 2] = [0x1f, 0x8b];

impl Read for IfGzip {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let State::Unseen(reader) = &mut self.state {
            let mut start = Vec::with_capacity(MAGIC.len());
            reader.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start)?;
            let is_gzip = start == MAGIC;
            let reader = std::mem::replace(reader, Box::new(io::empty()));
            let whole = Cursor::new(start).chain(reader);
            self.state = State::Seen(if is_gzip {
                Box::new(gunzip(whole).named(&self.place))
            } else {
                Box::new(whole)
            });
        }
        match &mut self.state {
            State::Unseen(reader) | State::Seen(reader) => reader.read(buf),
        }
    }
}
