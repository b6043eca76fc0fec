//! The names of published signatures, and their largest size.

use std::io::{self, Read};

use crate::compression::Compression;

/// The extension of signatures.
const ENDING: &str = ".minisig";

/// Returns the name of a published executable's signature: its own name and `.minisig`.
///
/// It is the signature of the executable itself. So `.gz`, `.zst` or `.xz` is not part of the name: the signature
/// of `app.gz` is `app.minisig`.
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

/// Returns the name of a published executable after decompression.
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

/// Reads the text of a signature, of at most 8 KiB; usually it has some 300 bytes. The text is not checked: the
/// verifier does that.
///
/// # Errors
///
/// Those of the reader.
pub fn read_signature(reader: impl Read) -> io::Result<String> {
    const MOST: u64 = 8 << 10;
    let mut bytes = Vec::new();
    // One byte more shows that it is too long.
    reader.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
