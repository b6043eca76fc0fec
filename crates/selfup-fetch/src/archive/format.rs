//! The type [`Format`]: the format of an archive, by its name.

use crate::compression::Compression;

/// The format of an archive, which its name shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// tar, compressed or not: ustar, and the GNU and POSIX (pax) forms.
    Tar(Compression),
    /// zip, also with sizes of 64 bits.
    Zip,
}

const ENDS: [(&str, Format); 8] = [
    (".tar", Format::Tar(Compression::None)),
    (".tar.gz", Format::Tar(Compression::Gzip)),
    (".tgz", Format::Tar(Compression::Gzip)),
    (".tar.zst", Format::Tar(Compression::Zstd)),
    (".tzst", Format::Tar(Compression::Zstd)),
    (".tar.xz", Format::Tar(Compression::Xz)),
    (".txz", Format::Tar(Compression::Xz)),
    (".zip", Format::Zip),
];

impl Format {
    /// Returns the format that the extension of a name shows, in upper or lower case, or `None` if it is not a
    /// known archive.
    ///
    /// # Examples
    ///
    /// ```
    /// use selfup_fetch::{Compression, archive::Format};
    ///
    /// assert_eq!(Format::of_name("app-1.2.TGZ"), Some(Format::Tar(Compression::Gzip)));
    /// assert_eq!(Format::of_name("app.gz"), None);
    /// ```
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = |end: &str| {
            let at = name.len().checked_sub(end.len())?;
            let (stem, found) = name.split_at_checked(at)?;
            let named = !stem.is_empty() && !stem.ends_with('/');
            (named && found.eq_ignore_ascii_case(end)).then_some(())
        };
        ENDS.into_iter().find(|(end, _)| ending(end).is_some()).map(|(_, format)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_of_a_name_decides() {
        for (end, format) in ENDS {
            for name in [format!("app{end}"), format!("there/app-1.2{}", end.to_uppercase())] {
                assert_eq!(Format::of_name(&name), Some(format), "{name}");
            }
        }
        for name in ["", "app", "tar", ".tar", "there/.zip", "app.gz", "app.xz", "app.tar.bz2"] {
            assert_eq!(Format::of_name(name), None, "{name}");
        }
    }
}
