//! The naming of published signatures, and the size that they may have.

use std::io::{self, Read};

use crate::compression::Compression;

/// The name of a signature, beside what it signs.
const ENDING: &str = ".minisig";

/// Where a published executable's signature is: beside it, under its name and `.minisig`.
///
/// It is the signature of the executable itself, as it is run. So a compression's `.gz`, `.zst` or
/// `.xz` is no part of the name: that of `app.gz` is at `app.minisig`.
///
/// # Examples
///
/// ```
/// assert_eq!(selfup_fetch::signature_name("app"), "app.minisig");
/// assert_eq!(selfup_fetch::signature_name("app.gz"), "app.minisig");
/// ```
#[must_use]
pub fn signature_name(published: &str) -> String {
    format!("{}{ENDING}", executable_name(published))
}

/// The name of a published executable when it is decompressed.
///
/// # Examples
///
/// ```
/// assert_eq!(selfup_fetch::executable_name("app.gz"), "app");
/// assert_eq!(selfup_fetch::executable_name("app.xz"), "app");
/// ```
#[must_use]
pub fn executable_name(published: &str) -> &str {
    Compression::of_name(published).strip(published)
}

/// Reads the text of a signature: of at most 8 KiB, since one has some 300 bytes, and whatever the
/// bytes are. What is no signature is for whoever verifies to tell.
///
/// # Errors
///
/// Those of the reader.
pub fn read_signature(reader: impl Read) -> io::Result<String> {
    const MOST: u64 = 8 << 10;
    let mut bytes = Vec::new();
    // One more shows that it is too long.
    reader.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
