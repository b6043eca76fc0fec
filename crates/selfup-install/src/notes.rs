//! The notes by which an executable says what it is: a selfup program, of this name and version.

use object::Endianness;
use object::endian::Endian as _;

/// The owner of the notes, without the zero byte at its end.
const OWNER: &[u8] = b"selfup";

/// The type of the note whose content is the protocol version.
const PROTOCOL: u32 = 1;

/// The type of the note whose content is a name and a version, each with a zero byte behind it.
const RELEASE: u32 = 2;

/// As long as a name or a version may be.
const LONGEST: usize = 128;

/// Two are possible, if two versions of the library were linked; more is nonsense.
const MOST_PROTOCOLS: usize = 8;

/// What an executable says of itself in its selfup notes, without being run.
///
/// Nobody has verified it, but a signature of the executable covers it.
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

/// What it says of its name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Release {
    #[default]
    Unsaid,
    Said {
        name: String,
        version: String,
    },
    /// It cannot be made out; why.
    Garbled(&'static str),
}

impl Notes {
    /// Whether it is a selfup program, of whatever version of the protocol.
    #[must_use]
    pub fn is_selfup(&self) -> bool {
        !self.protocols.is_empty()
    }

    /// The name of the program, if it says one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.release {
            Release::Said { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Its version, if it says one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match &self.release {
            Release::Said { version, .. } => Some(version),
            _ => None,
        }
    }

    /// Takes in one note of the file, whoever's it is. The same one may come twice.
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
            // What a later version of the library adds stands behind them.
            (Some(name), Some(version), Some(_)) => Self::Said { name, version },
            _ => Self::Garbled("its note of its name and version cannot be read"),
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
    fn name_and_version_are_read_whatever_follows() {
        for content in [&b"app\x001.2.3\0"[..], b"app\x001.2.3\0\0\0", b"app\x001.2.3\0more\0"] {
            let notes = notes(&[content, content]);
            assert_eq!((notes.name(), notes.version()), (Some("app"), Some("1.2.3")));
            assert!(!notes.is_selfup(), "that is said by another note");
        }
    }

    #[test]
    fn what_cannot_be_read_or_is_said_twice_is_garbled() {
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
