//! The ELF notes of an executable: whether it is a selfup program, its name and its version.

use object::Endianness;
use object::endian::Endian as _;

/// The owner of the notes, without the zero byte at its end.
const OWNER: &[u8] = b"selfup";

/// The type of the note with the version of the protocol.
const PROTOCOL: u32 = 1;

/// The type of the note with a name and a version, each followed by a zero byte.
const RELEASE: u32 = 2;

/// The longest name or version, in bytes.
const LONGEST: usize = 128;

/// The most versions of the protocol that are read. There are two if two versions of the library were linked.
const MOST_PROTOCOLS: usize = 8;

/// The selfup notes of an executable, read without running it.
///
/// They are not verified, but a signature of the executable covers them.
///
/// # Examples
///
/// ```
/// let file = std::fs::File::open(std::env::current_exe()?)?;
/// let notes = selfup_install::Notes::of_file(&file)?;
/// assert!(!notes.is_selfup(), "this one is an example");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    pub(crate) protocols: Vec<u32>,
    pub(crate) release: Release,
}

/// The name and the version in the notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Release {
    #[default]
    Unsaid,
    Said {
        name: String,
        version: String,
    },
    /// The note is invalid, for this reason.
    Garbled(&'static str),
}

impl Notes {
    /// Returns whether the executable is a selfup program, with any version of the protocol.
    #[must_use]
    pub fn is_selfup(&self) -> bool {
        !self.protocols.is_empty()
    }

    /// Returns the name of the program, if the notes have one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.release {
            Release::Said { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Returns the version of the program, if the notes have one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match &self.release {
            Release::Said { version, .. } => Some(version),
            _ => None,
        }
    }

    /// Reads one note of the file, of any owner. The same note may occur twice.
    pub(crate) fn read(&mut self, owner: &[u8], kind: u32, content: &[u8], order: Endianness) {
        match (owner, kind) {
            (OWNER, PROTOCOL) => {
                let Some(version) = content.first_chunk() else { return };
                let version = order.read_u32(*version);
                if self.protocols.len() < MOST_PROTOCOLS && !self.protocols.contains(&version) {
                    self.protocols.push(version);
                }
            }
            (OWNER, RELEASE) => {
                let release = Release::parse(content);
                self.release = match std::mem::take(&mut self.release) {
                    Release::Unsaid => release,
                    present if present == release => present,
                    _ => Release::Garbled("it says more than one name and version"),
                };
            }
            _ => {}
        }
    }
}

impl Release {
    fn parse(content: &[u8]) -> Self {
        let mut words = content.split(|byte| *byte == 0);
        let mut word = || {
            let word = words.next().and_then(|word| std::str::from_utf8(word).ok())?;
            let is_plain = |word: &&str| {
                (1..=LONGEST).contains(&word.len())
                    && !word.chars().any(|it| it.is_control() || it.is_whitespace())
            };
            Some(word).filter(is_plain).map(str::to_owned)
        };
        match (word(), word(), words.next()) {
            // A later version of the library may append more.
            (Some(name), Some(version), Some(_)) => Self::Said { name, version },
            _ => Self::Garbled("its note of its name and version is invalid"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(contents: &[&[u8]]) -> Notes {
        let mut notes = Notes::default();
        for content in contents {
            notes.read(OWNER, RELEASE, content, Endianness::Little);
        }
        notes
    }

    #[test]
    fn name_and_version_are_read_with_anything_behind_them() {
        for content in [&b"app\x001.2.3\0"[..], b"app\x001.2.3\0\0\0", b"app\x001.2.3\0more\0"] {
            let notes = notes(&[content, content]);
            assert_eq!((notes.name(), notes.version()), (Some("app"), Some("1.2.3")));
            assert!(!notes.is_selfup(), "that is said by another note");
        }
    }

    #[test]
    fn invalid_and_contradictory_notes_are_garbled() {
        let long = [b'a'; 129];
        for content in [
            &b""[..],
            b"app",
            b"app\0",
            b"app\x001.2.3",
            b"\x001.2.3\0",
            b"a b\x001.2.3\0",
            b"\xff\x001.2.3\0",
            &long,
        ] {
            let notes = notes(&[content]);
            assert!(matches!(notes.release, Release::Garbled(_)), "{content:?}");
            assert_eq!((notes.name(), notes.version()), (None, None));
        }
        let twice = notes(&[b"app\x001.2.3\0", b"app\x001.2.4\0", b"app\x001.2.3\0"]);
        assert_eq!(twice.release, Release::Garbled("it says more than one name and version"));
    }
}
