//! Compares the names of two programs, without version and platform.

/// Words in file names that describe a platform.
const PLATFORM: [&str; 40] = [
    "linux",
    "gnu",
    "musl",
    "gnueabi",
    "gnueabihf",
    "musleabi",
    "musleabihf",
    "eabi",
    "eabihf",
    "unknown",
    "pc",
    "apple",
    "darwin",
    "macos",
    "freebsd",
    "netbsd",
    "openbsd",
    "windows",
    "msvc",
    "exe",
    "static",
    "x86",
    "64",
    "x64",
    "amd64",
    "i386",
    "i586",
    "i686",
    "32bit",
    "64bit",
    "arm",
    "arm64",
    "armv6",
    "armv7",
    "armhf",
    "aarch64",
    "riscv64",
    "riscv64gc",
    "s390x",
    "powerpc64le",
];

/// Returns whether two file names are of one program: they are the same without version and platform at their
/// ends, as in `app-1.2.3-x86_64-unknown-linux-gnu`.
pub(crate) fn is_of_one_program(one: &str, other: &str) -> bool {
    one == other || stem(one) == stem(other)
}

/// Returns the name without version and platform at its end. It is never empty.
fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some((rest, word)) = last_word(stem) {
        if rest.is_empty() || !is_platform(word) && !is_version(word) {
            break;
        }
        stem = rest;
    }
    stem
}

fn last_word(name: &str) -> Option<(&str, &str)> {
    // A dot separates an extension, unless it belongs to a version.
    let parts = name.rsplit_once(['-', '_']);
    match name.rsplit_once('.') {
        Some((rest, ending))
            if is_platform(ending) && !ending.starts_with(|it: char| it.is_ascii_digit()) =>
        {
            Some((rest, ending))
        }
        _ => parts,
    }
}

fn is_platform(word: &str) -> bool {
    PLATFORM.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns whether a word is a version: several numbers, as in `1.2.3` or `v0.4`, or a pre-release, as in
/// `rc.1`. A single number is none, because it may distinguish programs.
fn is_version(word: &str) -> bool {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|digit| digit.is_ascii_digit());
    let numbers = word.strip_prefix('v').unwrap_or(word);
    if numbers.contains('.') && numbers.split('.').all(is_number) {
        return true;
    }
    ["alpha", "beta", "rc"].iter().filter_map(|stage| word.strip_prefix(stage)).any(|number| {
        let number = number.strip_prefix('.').unwrap_or(number);
        number.is_empty() || is_number(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_platform_are_not_part_of_the_name() {
        for name in [
            "app",
            "app-linux-x86_64",
            "app-x86_64-unknown-linux-gnu",
            "app_1.2.3_linux_amd64",
            "app-v1.2.3-aarch64-unknown-linux-musl",
            "app-Linux-x86_64",
            "app-1.2.3-rc.1-linux-x64",
            "app.exe",
        ] {
            assert!(is_of_one_program(name, "app"), "{name}");
            assert!(is_of_one_program("app-1.0.0", name), "{name}");
        }
    }

    #[test]
    fn every_other_word_is_part_of_the_name() {
        for name in [
            "other",
            "app-admin",
            "app-admin-linux-x86_64",
            "app2",
            "app-2",
            "ap",
            "my-app",
            "app.sh",
            "",
        ] {
            assert!(!is_of_one_program(name, "app"), "{name}");
            assert!(!is_of_one_program("app-linux-x86_64", name), "{name}");
        }
        assert!(is_of_one_program("x86_64", "x86_64") && !is_of_one_program("linux", "musl"));
    }
}
