//! Reads the notes of a release behind its code: soak makes many releases out of one executable.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

const START: &str = "\n#soak ";
/// As much of a file's end as is searched for notes.
const LONGEST: i64 = 128;

/// Words, some of which are `key=number`.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    /// The notes of the file that this process was started from; none if it has none.
    pub(crate) fn of_this_program() -> Self {
        let mut end = Vec::new();
        let read = File::open("/proc/self/exe").and_then(|mut file| {
            file.seek(SeekFrom::End(-LONGEST))?;
            file.read_to_end(&mut end)
        });
        if let Err(error) = read {
            eprintln!("could not read this program's notes: {error}");
        }
        let text = String::from_utf8_lossy(&end);
        let notes = text.rsplit_once(START).map(|(_, notes)| notes).unwrap_or_default();
        Self(notes.split_whitespace().map(str::to_owned).collect())
    }

    pub(crate) fn release(&self) -> u64 {
        self.number("release").unwrap_or_default()
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|found| found == word)
    }

    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        let value = self.0.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))?;
        value.parse().ok()
    }
}
