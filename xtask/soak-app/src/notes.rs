//! What a release is like is noted behind its code: soak makes many out of one executable.

use std::{
    env,
    fs::File,
    io::{Read, Seek, SeekFrom},
    thread,
};

const START: &str = "\n#soak ";
/// As much of a file's end as is searched for notes.
const LONGEST: i64 = 128;

/// Words, some of which are `key=number`.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    /// Those of the very file that runs; none if there are none.
    pub(crate) fn of_this_program() -> Self {
        let mut end = Vec::new();
        let read = File::open("/proc/self/exe").and_then(|mut file| {
            file.seek(SeekFrom::End(-LONGEST))?;
            file.read_to_end(&mut end)
        });
        if let Err(error) = read {
            eprintln!("cannot read this program's notes: {error}");
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

/// Does what the notes say, if this process is to answer whether it is a selfup program.
#[expect(clippy::disallowed_methods, reason = "to misbehave is what this is for")]
pub(crate) fn misbehave_if_probed(notes: &Notes) {
    if env::var_os("SELFUP_BIN_CHECK").is_none() {
        return;
    }
    if notes.has("probe_exits") {
        std::process::exit(3);
    }
    if notes.has("probe_crashes") {
        std::process::abort();
    }
    while notes.has("probe_hangs") {
        thread::park();
    }
}
