//! Rates how well the name of a file fits a platform.

use std::collections::BTreeSet;

use selfup_fetch::Platform;

/// Returns how well a name fits a platform, greater for better ones; `None` if it does not.
///
/// It must name the operating system and the architecture, and no other of either.
pub(super) fn fit(platform: &Platform, words: &[String]) -> Option<Fit> {
    if systems(words) != BTreeSet::from([platform.os.as_str()]) {
        return None;
    }
    Some(Fit { arch: arch(platform, words)?, libc: libc(platform, words)? })
}

/// The architecture counts before the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    arch: usize,
    libc: usize,
}

/// The words for an operating system in names, by [`std::env::consts::OS`].
const SYSTEMS: &[(&str, &[&str])] = &[
    ("linux", &["linux", "linux32", "linux64"]),
    ("macos", &["darwin", "macos", "apple", "osx", "mac"]),
    ("windows", &["windows", "win", "win32", "win64"]),
    ("freebsd", &["freebsd"]),
    ("netbsd", &["netbsd"]),
    ("openbsd", &["openbsd"]),
    ("dragonfly", &["dragonfly"]),
    ("illumos", &["illumos"]),
    ("solaris", &["solaris", "sunos"]),
    ("android", &["android"]),
    ("ios", &["ios"]),
];

fn systems(words: &[String]) -> BTreeSet<&'static str> {
    let names =
        |named: &&(&str, &[&str])| words.iter().any(|word| named.1.contains(&word.as_str()));
    let mut systems: BTreeSet<_> = SYSTEMS.iter().filter(names).map(|(os, _)| *os).collect();
    // `aarch64-linux-android` and `aarch64-apple-ios` are the triples of one system each.
    for (special, general) in [("android", "linux"), ("ios", "macos")] {
        if systems.contains(special) {
            systems.remove(general);
        }
    }
    systems
}

/// The words for each kind of processor in names.
const ARCHS: &[(&str, &[&str])] = &[
    ("x86_64", &["x86_64", "amd64", "x64", "linux64", "win64"]),
    ("x86", &["x86", "i386", "i486", "i586", "i686", "386", "ia32", "linux32", "win32"]),
    ("aarch64", &["aarch64", "arm64", "armv8", "arm64v8"]),
    ("armv7", &["armv7", "armv7l", "armv7a", "armv7hf", "arm32v7", "armhf"]),
    ("armv6", &["armv6", "armv6l", "armv6hf", "arm32v6"]),
    ("armv5", &["armv5", "armv5te", "armv5tel", "arm32v5", "armel"]),
    ("arm", &["arm", "arm32"]),
    ("riscv64", &["riscv64", "riscv64gc"]),
    ("powerpc64le", &["powerpc64le", "ppc64le", "ppc64el"]),
    ("powerpc64", &["powerpc64", "ppc64"]),
    ("s390x", &["s390x"]),
    ("loongarch64", &["loongarch64", "loong64"]),
    ("universal", &["universal", "universal2"]),
];

/// Rates the architecture in the words. The one for which the program was built is the best.
fn arch(platform: &Platform, words: &[String]) -> Option<usize> {
    let own = platform.target.split('-').next().unwrap_or_default();
    let named = |word: &String| {
        let known = ARCHS.iter().find(|(_, names)| names.contains(&word.as_str()));
        known.map(|(arch, _)| *arch).or_else(|| (word == own).then(|| kind(platform)))
    };
    let mut named = words.iter().filter_map(named).collect::<BTreeSet<_>>().into_iter();
    let (Some(arch), None) = (named.next(), named.next()) else { return None };
    runs(platform).iter().rev().position(|known| *known == arch)
}

/// The architectures that run here, the best first.
fn runs(platform: &Platform) -> Vec<&str> {
    match kind(platform) {
        "armv7" => vec!["armv7", "armv6", "arm"],
        "armv6" => vec!["armv6", "arm"],
        "armv5" => vec!["armv5", "arm"],
        own if platform.os == "macos" => vec![own, "universal"],
        own => vec![own],
    }
}

/// The kind of processor for which the program was built. Rust calls all of 32-bit ARM `arm`; the
/// target triple is more precise.
fn kind(platform: &Platform) -> &str {
    let own = platform.target.split('-').next().unwrap_or_default();
    match platform.arch.as_str() {
        "arm" if own.starts_with("armv7") || own.starts_with("thumbv7") => "armv7",
        "arm" if own.starts_with("armv5") || own.starts_with("armv4") => "armv5",
        "arm" => "armv6",
        "powerpc64" if own.starts_with("powerpc64le") => "powerpc64le",
        arch => arch,
    }
}

/// Rates the C library in the words.
///
/// A program for musl also runs on a system with glibc if it is linked statically, which is the
/// default. A program for glibc does not run on a system with musl.
fn libc(platform: &Platform, words: &[String]) -> Option<usize> {
    let names = |libc: &[&str]| words.iter().any(|word| libc.contains(&word.as_str()));
    let musl = names(&["musl", "musleabi", "musleabihf", "alpine"]);
    let gnu = names(&["gnu", "glibc", "gnueabi", "gnueabihf"]);
    if platform.os != "linux" {
        return Some(0);
    }
    match (platform.target.contains("musl"), musl, gnu) {
        (_, true, true) | (true, false, true) => None,
        (true, true, false) | (false, false, true) => Some(2),
        (_, false, false) => Some(1),
        (false, true, false) => Some(0),
    }
}
