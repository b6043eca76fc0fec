//! Decompresses a body, whether the file itself is compressed or the server did it on the way.

use std::io::Read;

use selfup_fetch::{Compression, Error, decompress};

pub(crate) type Bytes = Box<dyn Read + Send>;

/// Decompresses the body, if it is compressed at all.
pub(crate) fn undone(bytes: Bytes, compression: Compression, place: &str) -> Result<Bytes, Error> {
    if compression == Compression::None {
        return Ok(bytes);
    }
    let decompressed = decompress(bytes, compression).map_err(|error| error.at(place))?;
    Ok(Box::new(decompressed.named(place)))
}
