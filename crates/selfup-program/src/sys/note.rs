//! ELF notes: what an executable states of itself without being run; see elf(5).

/// One note of the owner `selfup`. Of type 1, it says which version of the control protocol the
/// program speaks; of type 2, its name and version, each with a zero byte behind it.
///
/// Of no use but to [`release!`](crate::release), which needs it in the program's own crate.
#[derive(Debug)]
#[repr(C, align(4))]
pub struct Note<const LENGTH: usize> {
    owner_length: u32,
    content_length: u32,
    kind: u32,
    /// Ends with a zero byte, and is filled up with zeros to a multiple of four.
    owner: [u8; 8],
    /// Filled up to a multiple of four as well.
    content: [u8; LENGTH],
}

/// As long as a name or a version may be.
const LONGEST: usize = 128;

impl<const LENGTH: usize> Note<LENGTH> {
    const fn new(kind: u32, length: usize, content: [u8; LENGTH]) -> Self {
        assert!(LENGTH.is_multiple_of(4) && length <= LENGTH);
        let owner = *b"selfup\0\0";
        Self { owner_length: 7, content_length: length as u32, kind, owner, content }
    }

    /// The note of a release.
    ///
    /// # Panics
    ///
    /// When it is compiled: if the name is empty or longer than 128 bytes, has a blank or a control
    /// character in it, or if the version does not begin with three numbers (`1.2.3`).
    #[must_use]
    pub const fn of_release(name: &str, version: &str) -> Self {
        assert!(is_word(name.as_bytes()), "the name must be 1 to 128 characters without blanks");
        assert!(
            is_version(version.as_bytes()),
            "the version must be of the form 1.2.3 (semver.org)"
        );
        let mut content = [0; LENGTH];
        let at = put(&mut content, 0, name.as_bytes());
        let end = put(&mut content, at, version.as_bytes());
        Self::new(2, end, content)
    }
}

impl Note<4> {
    pub(crate) const fn of_protocol(version: u32) -> Self {
        Self::new(1, 4, version.to_ne_bytes())
    }
}

/// How long the content of a release's note is.
#[must_use]
pub const fn length(name: &str, version: &str) -> usize {
    (name.len() + version.len() + 2).next_multiple_of(4)
}

/// Copies the text to this place, with a zero behind it; where that ends.
const fn put(content: &mut [u8], mut at: usize, text: &[u8]) -> usize {
    let mut index = 0;
    while index < text.len() {
        content[at] = text[index];
        (at, index) = (at + 1, index + 1);
    }
    at + 1
}

const fn is_word(text: &[u8]) -> bool {
    let mut index = 0;
    while index < text.len() {
        if text[index] <= b' ' || text[index] == 0x7f {
            return false;
        }
        index += 1;
    }
    !text.is_empty() && text.len() <= LONGEST
}

const fn is_version(text: &[u8]) -> bool {
    let (mut index, mut numbers, mut digits) = (0, 0, 0);
    while index < text.len() && numbers < 3 {
        match text[index] {
            b'0'..=b'9' => digits += 1,
            b'.' if digits > 0 && numbers < 2 => (numbers, digits) = (numbers + 1, 0),
            b'-' | b'+' if digits > 0 && numbers == 2 => break,
            _ => return false,
        }
        index += 1;
    }
    numbers == 2 && digits > 0 && is_word(text)
}

/// Writes the program's name and version into the executable, where everybody can read them without
/// running it (`readelf -n app`): one line beside `main`.
///
/// ```
/// selfup::release!();
/// # fn main() {}
/// ```
///
/// They are those of the package (`CARGO_PKG_NAME`, `CARGO_PKG_VERSION`), or those given here:
///
/// ```
/// selfup::release!(name = "app", version = "1.2.3");
/// # fn main() {}
/// ```
///
/// The two may be constants of the program:
///
/// ```
/// const NAME: &str = "app";
/// const VERSION: &str = "1.2.3";
/// selfup::release!(name = NAME, version = VERSION);
/// # fn main() {}
/// ```
///
/// The signature of an executable covers them, so that nobody can pass off an old release as a new one, or
/// another program of the same signer as this one. They are the defaults of `UpgradePolicy::version` and
/// `UpgradePolicy::name`.
///
/// Write it once in a program, in the crate with its `main`: an executable that states two different names or
/// versions is not installed.
///
/// # Errors
///
/// It does not compile if the name is empty, longer than 128 bytes or has a blank in it, or if the
/// version is no [semantic one](https://semver.org).
///
/// # Platform
///
/// It has an effect where executables are ELF files; elsewhere it does nothing.
#[macro_export]
macro_rules! release {
    () => {
        $crate::release!(
            name = ::core::env!("CARGO_PKG_NAME"),
            version = ::core::env!("CARGO_PKG_VERSION")
        );
    };
    (name = $name:expr $(,)?) => {
        $crate::release!(name = $name, version = ::core::env!("CARGO_PKG_VERSION"));
    };
    (version = $version:expr $(,)?) => {
        $crate::release!(name = ::core::env!("CARGO_PKG_NAME"), version = $version);
    };
    (name = $name:expr, version = $version:expr $(,)?) => {
        // Only the note has a name here: the expressions may be constants of any other.
        const _: () = {
            #[used]
            #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".note.selfup"))]
            static SELFUP_RELEASE_NOTE: $crate::note::Note<
                { $crate::note::length($name, $version) },
            > = $crate::note::Note::of_release($name, $version);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_three_numbers() {
        for version in ["1.2.3", "0.0.0", "10.20.30", "1.2.3-rc.1", "1.2.3+build"] {
            assert!(is_version(version.as_bytes()), "{version}");
        }
        for version in ["", "1", "1.2", "1.2.", "1..3", "v1.2.3", "1.2.x", "1.2.3 ", "1.2.3.4"] {
            assert!(!is_version(version.as_bytes()), "{version}");
        }
    }

    #[test]
    fn name_and_version_each_end_in_a_zero() {
        const LENGTH: usize = length("app", "1.2.3");
        let note = Note::<LENGTH>::of_release("app", "1.2.3");
        assert_eq!((note.content_length, note.content), (10, *b"app\x001.2.3\0\0\0"));
    }
}
