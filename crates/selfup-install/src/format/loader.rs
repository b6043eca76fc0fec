//! Checks that what the kernel needs to start a program exists: the loader of an ELF file, the interpreter of a
//! script; see execve(2).

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::Finding;

/// The most bytes of a script's first line that Linux reads.
const LINE: usize = 255;

/// Checks that a loader exists.
pub(super) fn require(name: &[u8]) -> Result<(), Finding> {
    if is_missing(name) {
        return Err(Finding::NoLoader { name: shown(name), remedy: remedy(name) });
    }
    Ok(())
}

/// Checks that the interpreter of a script exists.
pub(super) fn require_of_script(head: &[u8]) -> Result<(), Finding> {
    let line = head.strip_prefix(b"#!").unwrap_or(head);
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line[..line.len().min(LINE)].trim_ascii_start();
    // For the kernel, a carriage return is part of the name.
    let name = line.split(|byte| matches!(byte, b' ' | b'\t' | 0)).next().unwrap_or_default();
    if is_missing(name) {
        return Err(Finding::NoInterpreter { name: shown(name) });
    }
    Ok(())
}

/// Returns whether a file is certainly missing. Doubtful cases are left to the probe.
fn is_missing(name: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(name));
    // A relative name depends on the working directory at the start.
    if !path.is_absolute() {
        return true;
    }
    match path.metadata() {
        Ok(found) => !found.is_file(),
        Err(error) => {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
    }
}

fn shown(name: &[u8]) -> String {
    let name = &name[..name.len().min(128)];
    String::from_utf8_lossy(name).escape_debug().to_string()
}

fn remedy(name: &[u8]) -> &'static str {
    let has = |words: &[u8]| name.windows(words.len()).any(|window| window == words);
    match () {
        () if has(b"/ld-musl") => {
            "it was built against musl; publish a static build, or one for glibc (a -gnu target)"
        }
        () if has(b"/ld-linux") || has(b"/ld64.so") || has(b"/ld.so") => {
            "it was built against glibc; publish a static build, or one for musl (a -musl target)"
        }
        () if has(b"/nix/store/") => {
            "it was built by Nix for a store that has it; publish a static build"
        }
        () => "publish a static build, or one against this machine's C library",
    }
}
