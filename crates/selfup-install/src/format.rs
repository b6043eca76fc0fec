//! Telling what is plainly no executable for this machine from its first bytes and its size.
//!
//! It names what was found. A file that passes may still be broken: the probe will tell.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

mod elf;
pub(crate) use elf::Machine;

/// As much as any test below looks at.
const HEAD: usize = 512;

/// What keeps bytes from being an executable for this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Empty,
    /// Something else that is well known.
    Known(&'static str),
    Unknown,
    /// An ELF file for these machines is expected, the first of them by preference.
    OtherMachine {
        found: Machine,
        expected: Machine,
    },
    /// An ELF file that is no program: a shared object without an entry, an object file, a core.
    NoProgram(&'static str),
    Truncated {
        part: &'static str,
        ends: u64,
        size: u64,
    },
}

/// The first bytes of a file.
pub(crate) fn head(file: &File) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let mut filled = 0;
    while filled < HEAD {
        match file.read_at(&mut head[filled..], filled as u64) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(filled);
    Ok(head)
}

/// Judges the first bytes of a file of `size` bytes. Good are scripts (`#!`), and ELF files for the
/// machine this was compiled for or for that of the executable to be replaced, which ran here.
pub(crate) fn examine(head: &[u8], size: u64, replaced: &[u8]) -> Result<(), Finding> {
    if size == 0 {
        return Err(Finding::Empty);
    }
    if head.starts_with(b"#!") {
        return Ok(());
    }
    if cfg!(target_vendor = "apple") && is_mach_o(head) {
        return Ok(());
    }
    if head.starts_with(elf::MAGIC) {
        return elf::examine(head, size, Machine::of(replaced));
    }
    Err(known(head).map_or(Finding::Unknown, Finding::Known))
}

fn known(head: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 9] = [
        (b"\x1f\x8b", "a gzip file, not decompressed"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\xfd7zXZ\0", "an xz file, not decompressed"),
        (b"BZh", "a bzip2 file, not decompressed"),
        (b"\x28\xb5\x2f\xfd", "a zstd file, not decompressed"),
        (b"MZ", "a Windows executable"),
        (b"!<arch>\n", "an ar archive or Debian package"),
        (b"\xed\xab\xee\xdb", "an RPM package"),
        (b"untrusted comment:", "a minisign file"),
    ];
    if let Some((_, name)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if is_mach_o(head) {
        return Some("a macOS executable");
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    markup(head)
}

fn is_mach_o(head: &[u8]) -> bool {
    let magic = [*b"\xcf\xfa\xed\xfe", *b"\xce\xfa\xed\xfe", *b"\xca\xfe\xba\xbe"];
    magic.iter().any(|magic| head.starts_with(magic))
}

/// What servers and captive portals answer instead of a file.
fn markup(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let starts =
        |tag: &[u8]| head.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    match () {
        () if starts(b"<!doctype html") || starts(b"<html") || starts(b"<head") => {
            Some("an HTML page")
        }
        () if starts(b"<?xml") => Some("an XML document, perhaps a server's error message"),
        () if starts(b"{") => Some("a JSON document, perhaps a server's error message"),
        () => None,
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Known(what) => write!(f, "it is {what}"),
            Self::Unknown => f.write_str("it is neither an ELF file nor a script"),
            Self::OtherMachine { found, expected } => {
                write!(f, "it is an ELF file for {found}, this machine runs {expected}")
            }
            Self::NoProgram(what) => write!(f, "it is an ELF file, but {what} and no program"),
            Self::Truncated { part, ends, size } => {
                write!(f, "it is truncated: its {part} end at byte {ends}, the file at {size}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(head: &[u8]) -> String {
        examine(head, head.len() as u64, b"").unwrap_err().to_string()
    }

    #[test]
    fn names_what_is_no_executable() {
        for (head, name) in [
            (&b""[..], "empty"),
            (b"\n <!DOCTYPE HTML><html>", "HTML"),
            (b"\xef\xbb\xbf<html lang=en>", "HTML"),
            (b"<?xml version='1.0'?><Error>", "XML"),
            (b"{\"message\": \"Not Found\"}", "JSON"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"PK\x03\x04", "zip"),
            (b"\xfd7zXZ\0", "xz"),
            (b"MZ\x90", "Windows"),
            (b"\xcf\xfa\xed\xfe", "macOS"),
            (b"hello", "neither"),
            (b"\x7fEL", "neither"),
            (b"#", "neither"),
        ] {
            assert!(found(head).contains(name), "{head:?}: {}", found(head));
        }
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(found(&tar).contains("tar"));
    }

    #[test]
    fn a_script_passes() {
        assert_eq!(examine(b"#!/bin/sh\n", 10, b""), Ok(()));
    }

    #[test]
    fn nothing_makes_it_panic() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let mut head = own[..HEAD].to_vec();
        for at in 0..64 {
            for byte in [0, 1, 2, 0x7f, 0xff] {
                let before = std::mem::replace(&mut head[at], byte);
                for size in [0, 1, 64, u64::MAX] {
                    for length in [0, 4, 5, 20, 63, 64, HEAD] {
                        drop(examine(&head[..length], size, &head));
                    }
                }
                head[at] = before;
            }
        }
    }
}
