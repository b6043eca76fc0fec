//! Recognises by its name how a published file is packed.

use selfup_fetch::{Compression, archive::Format};

/// The packing of a published file, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// The executable, compressed or not.
    File(Compression),
    /// An archive that holds the executable.
    Archive { format: Format, ending: &'static str },
}

/// The suffixes of archives, the cheapest to unpack first.
const ARCHIVES: [&str; 8] =
    [".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.gz", ".tgz", ".tar", ".zip"];

impl Packing {
    pub(crate) fn of_name(name: &str) -> Self {
        match (Format::of_name(name), ARCHIVES.into_iter().find(|ending| ends(name, ending))) {
            (Some(format), Some(ending)) => Self::Archive { format, ending },
            _ => Self::File(Compression::of_name(name)),
        }
    }

    /// Returns the name without the suffixes of the packing.
    pub(crate) fn strip(self, name: &str) -> &str {
        match self {
            Self::File(compression) => compression.strip(name),
            Self::Archive { ending, .. } => &name[..name.len() - ending.len()],
        }
    }

    /// The order of preference if the same executable is packed in several ways.
    pub(super) fn order(self) -> usize {
        match self {
            Self::File(Compression::Zstd) => 0,
            Self::File(Compression::Xz) => 1,
            Self::File(Compression::Gzip) => 2,
            Self::File(_) => 3,
            Self::Archive { ending, .. } => {
                4 + ARCHIVES.iter().position(|known| *known == ending).unwrap_or_default()
            }
        }
    }
}

/// The suffixes of files that are no executables, and hold none that can be read here.
const OTHERS: &[&str] = &[
    // Files about other files.
    ".asc",
    ".sig",
    ".minisig",
    ".sigstore",
    ".bundle",
    ".cert",
    ".crt",
    ".pem",
    ".pub",
    ".att",
    ".md5",
    ".sha1",
    ".sha256",
    ".sha256sum",
    ".sha384",
    ".sha512",
    ".sha512sum",
    ".b3",
    ".blake3",
    ".digest",
    ".sum",
    ".json",
    ".jsonl",
    ".spdx",
    ".cdx",
    ".sbom",
    ".xml",
    ".intoto",
    ".prov",
    ".provenance",
    ".torrent",
    ".zsync",
    ".yml",
    ".yaml",
    ".toml",
    // Packages and images, which a package manager installs.
    ".deb",
    ".rpm",
    ".apk",
    ".ipk",
    ".snap",
    ".flatpak",
    ".appimage",
    ".msi",
    ".msix",
    ".dmg",
    ".pkg",
    ".iso",
    ".img",
    ".whl",
    ".gem",
    ".crate",
    ".nupkg",
    ".vsix",
    ".jar",
    // Archives of unsupported formats.
    ".7z",
    ".rar",
    ".bz2",
    ".tbz",
    ".tbz2",
    ".lz",
    ".lz4",
    ".lzma",
    ".br",
    ".z",
    // Files that accompany an executable.
    ".debug",
    ".dbg",
    ".dwp",
    ".pdb",
    ".dsym",
    ".sym",
    ".symbols",
    ".map",
    ".d",
    ".a",
    ".so",
    ".dll",
    ".dylib",
    ".lib",
    ".wasm",
    // Texts.
    ".txt",
    ".md",
    ".html",
    ".pdf",
    ".log",
    ".patch",
    ".diff",
    ".sh",
    ".bash",
    ".fish",
    ".zsh",
    ".ps1",
    ".bat",
    ".py",
    ".1",
    ".rs",
];

/// Whether a file of that name can be an executable or hold one.
pub(super) fn may_be_executable(name: &str) -> bool {
    let stem = Packing::of_name(name).strip(name);
    ![name, stem].iter().any(|name| OTHERS.iter().any(|ending| ends(name, ending)))
}

fn ends(name: &str, ending: &str) -> bool {
    name.len()
        .checked_sub(ending.len())
        .and_then(|at| name.split_at_checked(at))
        .is_some_and(|(stem, end)| !stem.is_empty() && end.eq_ignore_ascii_case(ending))
}
