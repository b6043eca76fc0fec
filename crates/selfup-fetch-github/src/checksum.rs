//! Reads the digests that a release publishes in files next to its assets.

use selfup_fetch::{Algorithm, Digest, Error, ErrorKind};

use crate::{
    api::Api,
    release::{Asset, Release},
};

/// The digest of an asset in the release itself: in a file next to it, or else in a list of several.
/// It detects a broken upload or download, but no attack: an attacker can replace both.
pub(crate) fn of(
    api: &mut Api<'_>,
    release: &Release,
    asset: &Asset,
) -> Result<Option<Digest>, Error> {
    if let Some(beside) = BESIDE.iter().find_map(|end| release.asset(&(asset.name.clone() + end))) {
        let text = api.text(beside)?;
        return find(&text, &asset.name).or_else(|| lone(&text)).map(Some).ok_or_else(|| {
            let reason = format!("{:?} has no checksum as sha256sum writes them", beside.name);
            Error::new(ErrorKind::Protocol, reason)
        });
    }
    for list in release.assets.iter().filter(|asset| asset.is_complete() && is_list(&asset.name)) {
        if let Some(digest) = find(&api.text(list)?, &asset.name) {
            return Ok(Some(digest));
        }
    }
    Ok(None)
}

/// The suffixes of a file next to an asset, in the order in which they are tried.
const BESIDE: [&str; 4] = [".sha256", ".sha256sum", ".sha512", ".sha512sum"];

/// The suffixes of the names of lists, in lower case.
const LISTS: [&str; 8] = [
    "sha256sums",
    "sha256sums.txt",
    "sha256sum.txt",
    "sha512sums",
    "sha512sums.txt",
    "sha512sum.txt",
    "checksums.txt",
    "checksums.sha256",
];

fn is_list(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LISTS.iter().any(|end| name.ends_with(end))
}

/// Finds the digest of the file of that name, in any folder.
fn find(list: &str, name: &str) -> Option<Digest> {
    let mut entries = list.lines().filter_map(entry);
    entries.find_map(|(digest, file)| (file.rsplit('/').next() == Some(name)).then_some(digest))
}

/// Returns the digest in a text with a single one, whatever name is next to it.
fn lone(text: &str) -> Option<Digest> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    entry(line).map(|(digest, _)| digest).or_else(|| digest(line.trim()))
}

/// Parses a line as `sha256sum` writes it (`9f86…  app`), or as `sha256sum --tag` does
/// (`SHA256 (app) = 9f86…`).
fn entry(line: &str) -> Option<(Digest, &str)> {
    let line = line.trim();
    if let Some((name, digits)) = line.rsplit_once(") = ") {
        let (_, name) = name.split_once(" (")?;
        return Some((digest(digits)?, name));
    }
    let (digits, name) = line.split_once([' ', '\t'])?;
    // A star means that the file was read without translating line ends.
    Some((digest(digits)?, name.trim_start().trim_start_matches('*')))
}

/// Parses a digest, whose algorithm the number of digits shows.
fn digest(digits: &str) -> Option<Digest> {
    let algorithm = match digits.len() {
        64 => Algorithm::Sha256,
        128 => Algorithm::Sha512,
        _ => return None,
    };
    format!("{algorithm}:{digits}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let (a, b) = ("a".repeat(64), "B".repeat(128));
        let list = format!(
            "# made by hand\n{a}  ./dist/app.gz\n{b} *app.gz.sbom\nSHA256 (app (1).gz) = {a}\n\n"
        );
        let of = |name| find(&list, name).map(|digest| digest.to_string());
        assert_eq!(of("app.gz"), Some(format!("sha256:{a}")));
        assert_eq!(of("app.gz.sbom"), Some(format!("sha512:{}", b.to_lowercase())));
        assert_eq!(of("app (1).gz"), Some(format!("sha256:{a}")));
        for name in ["app", "gz", "", "dist", "made by hand"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn a_lone_digest_needs_no_name() {
        let a = "a".repeat(64);
        assert!(lone(&format!("{a}\n")).is_some());
        assert!(lone(&format!("{a}  target/release/app\n")).is_some());
        assert!(lone(&format!("{a}  x\n{a}  y\n")).is_none(), "it may be of either");
        for text in ["", "<html>", &a[1..], &"x".repeat(64), "d41d8cd98f00b204e9800998ecf8427e"] {
            assert!(lone(text).is_none(), "{text}");
        }
    }

    #[test]
    fn lists_are_known_by_their_names() {
        for name in ["SHA256SUMS", "app_1.2_checksums.txt", "app-1.2.sha256sums", "sha512sums.txt"]
        {
            assert!(is_list(name), "{name}");
        }
        for name in ["app", "checksums", "SHA256SUMS.asc", "app.sha256", "sha1sums.txt"] {
            assert!(!is_list(name), "{name}");
        }
    }
}
