//! The type [`Compression`]: the compression of a published file, by its name.

/// The compression of a published file, which its name shows.
///
/// # Examples
///
/// ```
/// use selfup_fetch::Compression;
///
/// let name = "app-1.2.zst";
/// let compression = Compression::of_name(name);
/// assert_eq!(compression, Compression::Zstd);
/// assert_eq!(compression.strip(name), "app-1.2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// None: the bytes are the executable.
    None,
    /// gzip, `.gz` (RFC 1952).
    Gzip,
    /// Zstandard, `.zst` (RFC 8878). Decompressed with the feature `zstd`.
    Zstd,
    /// xz, `.xz` (the .xz file format, not the older `.lzma`). Decompressed with the feature `xz`.
    Xz,
}

impl Compression {
    /// Returns the compression that the extension of a name shows, in upper or lower case.
    ///
    /// A name that is nothing but the extension (`.gz`) shows none. Neither do `.tgz`, `.txz` and `.tzst`, which
    /// are archives. `app.tar.gz` is an archive as well, but counts as gzip.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        [Self::Gzip, Self::Zstd, Self::Xz]
            .into_iter()
            .find(|compression| compression.strip(name).len() < name.len())
            .unwrap_or(Self::None)
    }

    /// Returns the name without the extension of this compression, or the whole name if it has none.
    #[must_use]
    pub fn strip(self, name: &str) -> &str {
        let end = self.suffix();
        match name.len().checked_sub(end.len()).and_then(|at| name.split_at_checked(at)) {
            Some((stem, found)) if found.eq_ignore_ascii_case(end) && !is_bare(stem) => stem,
            _ => name,
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
            Self::Xz => ".xz",
        }
    }

    /// The name in error messages.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        }
    }
}

/// Returns whether the last part of a path or URL has no name left.
fn is_bare(stem: &str) -> bool {
    stem.is_empty() || stem.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_of_a_name_decides() {
        for (name, compression, stripped) in [
            ("app", Compression::None, "app"),
            ("app.gz", Compression::Gzip, "app"),
            ("app.GZ", Compression::Gzip, "app"),
            ("app.Zst", Compression::Zstd, "app"),
            ("app.xz", Compression::Xz, "app"),
            ("app.gz.xz", Compression::Xz, "app.gz"),
            ("app.tar.xz", Compression::Xz, "app.tar"),
            ("app.tgz", Compression::None, "app.tgz"),
            ("app.txz", Compression::None, "app.txz"),
            ("app.tzst", Compression::None, "app.tzst"),
            ("gz", Compression::None, "gz"),
            (".gz", Compression::None, ".gz"),
            ("there/.xz", Compression::None, "there/.xz"),
            ("", Compression::None, ""),
            ("größe.xz", Compression::Xz, "größe"),
            ("€gz", Compression::None, "€gz"),
        ] {
            assert_eq!(Compression::of_name(name), compression, "{name}");
            assert_eq!(compression.strip(name), stripped, "{name}");
        }
        assert_eq!(Compression::Gzip.strip("app.xz"), "app.xz");
    }
}
