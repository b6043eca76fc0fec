//! Makes versions of one program without building them.
//!
//! A release is a copy of an executable with a line of notes after its code. The kernel ignores the
//! line, the digest differs, and the program reads from its own file how to behave.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

const START: &str = "\n#release ";
/// As much of a file's end as is searched for notes.
const LONGEST: i64 = 256;

/// An executable with notes.
#[derive(Clone, Debug)]
pub struct Release {
    path: PathBuf,
    id: String,
}

impl Release {
    /// Writes the executable with these notes behind it to `path`.
    pub fn make(executable: &Path, notes: &str, path: PathBuf) -> Self {
        assert!((notes.len() as i64) < LONGEST - 20, "too much to note: {notes}");
        let mut bytes = fs::read(executable).unwrap();
        bytes.extend(format!("{START}{notes}\n").bytes());
        fs::write(&path, bytes).unwrap();
        let id = sha1(&path);
        Self { path, id }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its SHA-1, computed by an independent program.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

/// The SHA-1 of a file, by `sha1sum`.
pub fn sha1(path: &Path) -> String {
    digest("sha1sum", path)
}

/// The SHA-256 of a file, by `sha256sum`.
pub fn sha256(path: &Path) -> String {
    digest("sha256sum", path)
}

fn digest(program: &str, path: &Path) -> String {
    let output = Command::new(program).arg("--").arg(path).output().unwrap();
    assert!(output.status.success(), "{program} {}: {output:?}", path.display());
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

/// The notes of a release: words, some with a value.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    words: Vec<String>,
}

impl Notes {
    /// The notes of the file that this process was started from; none if it has none.
    pub fn of_this_program() -> Self {
        let mut end = Vec::new();
        // Where there is no /proc, the path will do: this is asked for at the start.
        let file = File::open("/proc/self/exe")
            .or_else(|_| File::open(std::env::args_os().next().unwrap_or_default()));
        let read = file.and_then(|mut file| {
            file.seek(SeekFrom::End(-LONGEST))?;
            file.read_to_end(&mut end)
        });
        if let Err(error) = read {
            eprintln!("could not read this program's notes: {error}");
        }
        let text = String::from_utf8_lossy(&end);
        let notes = text.rsplit_once(START).map(|(_, notes)| notes).unwrap_or_default();
        Self { words: notes.split_whitespace().map(str::to_owned).collect() }
    }

    /// The number after `version=`, or 0.
    pub fn version(&self) -> u32 {
        self.get("version").map_or(0, |number| number.parse().unwrap())
    }

    /// Whether this word is there.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|found| found == word)
    }

    /// What is behind `key=`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// What is behind each `key=`.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.words.iter().filter_map(move |word| word.strip_prefix(key)?.strip_prefix('='))
    }
}
