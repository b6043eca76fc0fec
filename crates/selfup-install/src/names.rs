//! The names of the files that this crate creates beside the target.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::id::Id;

/// The number of random characters at the end of a temporary name: 62^12 values, more than 70 bits.
pub(crate) const RANDOM: usize = 12;

/// A file name has at most 255 bytes on the usual file systems. A longer name of a target is truncated to this,
/// and a part of its hash is appended.
const LONGEST: usize = 200;

/// The paths beside one target, all in its directory and all hidden.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    directory: PathBuf,
    stem: OsString,
}

impl Names {
    /// Returns the names for a target with this directory and file name, from a resolved path.
    pub(crate) fn beside(directory: &Path, name: &OsStr) -> Self {
        let mut stem = vec![b'.'];
        if name.len() <= LONGEST {
            stem.extend(name.as_bytes());
        } else {
            stem.extend(&name.as_bytes()[..LONGEST - 20]);
            let hash = Id::of(name.as_bytes()).map(|id| id.to_string()).unwrap_or_default();
            stem.push(b'~');
            stem.extend(hash.bytes().take(16));
        }
        Self { directory: directory.to_owned(), stem: OsString::from_vec(stem) }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The lock of an installer, from the first byte to the rename.
    pub(crate) fn lock(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-lock"))
    }

    /// The short lock, for each change of the target, the previous executable or the record.
    pub(crate) fn turn(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-turn"))
    }

    /// The record: trials and refusals.
    pub(crate) fn record(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-record"))
    }

    /// Why upgrades are paused.
    pub(crate) fn paused(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-paused"))
    }

    /// The record while it is being written.
    pub(crate) fn new_record(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-record-new"))
    }

    /// The previous executable.
    pub(crate) fn previous(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-previous"))
    }

    /// The executable that is being replaced, from just before the rename until just after it.
    pub(crate) fn replaced(&self) -> PathBuf {
        self.directory.join(self.name(".selfup-replaced"))
    }

    /// The prefix of temporary files. [`RANDOM`] random letters and digits follow.
    pub(crate) fn temporary_prefix(&self) -> OsString {
        self.name(".selfup-new-")
    }

    /// An executable on trial. The token is that of its temporary name.
    pub(crate) fn trial(&self, token: &str) -> PathBuf {
        let mut name = self.trial_prefix();
        name.push(token);
        self.directory.join(name)
    }

    /// The prefix of executables on trial. Their tokens follow.
    fn trial_prefix(&self) -> OsString {
        self.name(".selfup-trial-")
    }

    /// Returns the token in the name of an executable on trial, if it belongs to this target.
    pub(crate) fn trial_token<'a>(&self, name: &'a OsStr) -> Option<&'a str> {
        token(name, &self.trial_prefix())
    }

    /// Returns the token in the name of a temporary file, if it belongs to this target.
    pub(crate) fn temporary_token<'a>(&self, name: &'a OsStr) -> Option<&'a str> {
        token(name, &self.temporary_prefix())
    }

    fn name(&self, end: &str) -> OsString {
        let mut name = self.stem.clone();
        name.push(end);
        name
    }
}

fn token<'a>(name: &'a OsStr, prefix: &OsStr) -> Option<&'a str> {
    let token = name.as_bytes().strip_prefix(prefix.as_bytes())?;
    is_token(token).then(|| std::str::from_utf8(token).ok())?
}

/// Returns whether this has the form of a token: [`RANDOM`] letters and digits.
pub(crate) fn is_token(token: &[u8]) -> bool {
    token.len() == RANDOM && token.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(name: &str) -> Names {
        Names::beside(Path::new("/opt"), OsStr::new(name))
    }

    #[test]
    fn names_are_hidden_and_beside_the_target() {
        let names = beside("app");
        assert_eq!(names.lock(), Path::new("/opt/.app.selfup-lock"));
        assert_eq!(names.previous(), Path::new("/opt/.app.selfup-previous"));
    }

    #[test]
    fn only_own_temporary_names_are_recognised() {
        let names = beside("app");
        let name = OsStr::new(".app.selfup-new-0123456789aZ");
        assert_eq!(names.temporary_token(name), Some("0123456789aZ"));
        assert_eq!(names.trial_token(name), None);
        let trial = names.trial("0123456789aZ");
        assert_eq!(trial, Path::new("/opt/.app.selfup-trial-0123456789aZ"));
        assert_eq!(names.trial_token(trial.file_name().unwrap()), Some("0123456789aZ"));
        for other in [
            ".app.selfup-new-",
            ".app.selfup-new-0123456789a",
            ".app.selfup-new-0123456789aZx",
            ".app.selfup-new-0123456789a.",
            ".app2.selfup-new-0123456789aZ",
            ".app.selfup-previous",
            "app",
        ] {
            assert_eq!(names.temporary_token(OsStr::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_long_name_still_leaves_room_and_stays_distinct() {
        let (one, two) = (beside(&"x".repeat(255)), beside(&"x".repeat(254)));
        assert!(one.temporary_prefix().len() + RANDOM <= 255);
        assert_ne!(one.lock(), two.lock());
    }

    /// The page for packagers describes each of these files, and no other.
    #[test]
    fn the_page_about_files_has_every_name() {
        let words = |text: &'static str, start: &str| {
            let found = text.split(start).skip(1).map(|rest| {
                let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
                rest.split(|c| !is_name(c)).next().unwrap().trim_end_matches('-')
            });
            found.collect::<std::collections::BTreeSet<_>>()
        };
        let page = include_str!("../../../docs/FILES.md");
        let table: Vec<_> = page.lines().filter(|line| line.starts_with("| `.app")).collect();
        let source = include_str!("names.rs").split("#[cfg(test)]").next().unwrap();
        let names = words(source, "self.name(\".selfup-");
        assert!(names.len() >= 8, "{names:?}");
        assert_eq!(names.len(), table.len(), "a line for each: {table:?}");
        for name in &names {
            let cell = format!("| `.app.selfup-{name}");
            let ends = ["` |", "-*` |"].map(|end| format!("{cell}{end}"));
            let is_there = |line: &&str| ends.iter().any(|start| line.starts_with(start));
            assert_eq!(table.iter().copied().filter(|line| is_there(line)).count(), 1, "{name}");
        }
        let said = words(page, ".app.selfup-");
        let unknown: Vec<_> =
            said.iter().filter(|name| !name.is_empty() && !names.contains(*name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
