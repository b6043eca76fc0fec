//! The pipe that is the service's stderr: soak reads it, or pauses for a while.

use super::news::has;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use xtask_support::stop::{Result, Stop};

/// In front of what selfup writes, as against a panic.
const OURS: &str = "[selfup";

/// What a pipe is filled with.
const FILLER: &str = "# nobody reads this\n";

/// The pipe, of which every process has the other end.
#[derive(Debug)]
pub(super) struct Stderr {
    reading: File,
    writing: File,
    /// All that was read, for people.
    kept: File,
    unfinished: Vec<u8>,
    recent: Vec<String>,
    is_read: bool,
}

impl Stderr {
    pub(super) fn create(kept: &Path) -> Result<Self> {
        let create = || {
            let (reading, writing) = pipe2(OFlag::O_CLOEXEC)?;
            let reading = reopened(&File::from(reading), File::options().read(true))?;
            io::Result::Ok((reading, File::from(writing), File::create(kept)?))
        };
        let (reading, writing, kept) = create().map_err(failed)?;
        let (unfinished, recent) = (Vec::new(), Vec::new());
        Ok(Self { reading, writing, kept, unfinished, recent, is_read: true })
    }

    /// For a process to write to.
    pub(super) fn file(&self) -> Result<File> {
        self.writing.try_clone().map_err(failed)
    }

    /// Reads what was written since; the lines that are not selfup's.
    pub(super) fn read(&mut self) -> Result<Vec<String>> {
        let before = self.unfinished.len();
        match self.is_read.then(|| self.reading.read_to_end(&mut self.unfinished)) {
            Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => return Err(failed(error)),
            _ => {}
        }
        self.kept.write_all(&self.unfinished[before..]).map_err(failed)?;
        let mut others = Vec::new();
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if line.starts_with(OURS) {
                self.recent.push(line);
            } else if !line.starts_with("# ") {
                others.push(line);
            }
        }
        Ok(others)
    }

    /// Stops reading, and fills the pipe.
    pub(super) fn neglect(&mut self) -> Result {
        self.is_read = false;
        let writing = reopened(&self.writing, File::options().write(true));
        let mut writing = writing.map_err(failed)?;
        loop {
            match writing.write_all(FILLER.as_bytes()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Reads again.
    pub(super) fn resume(&mut self) {
        self.is_read = true;
    }

    /// What was said so far does not count as recent.
    pub(super) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// Whether a recent line has all of these words.
    pub(super) fn said(&self, words: &[&str]) -> bool {
        self.recent.iter().any(|line| has(line, words))
    }
}

/// The same pipe, opened anew and non-blocking: that flag belongs to each opening.
fn reopened(end: &File, how: &mut std::fs::OpenOptions) -> io::Result<File> {
    let path = format!("/proc/self/fd/{}", end.as_raw_fd());
    how.custom_flags(OFlag::O_NONBLOCK.bits()).open(path)
}

fn failed(error: io::Error) -> Stop {
    Stop::because(format!("the pipe that is stderr: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_while_nobody_reads_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let mut stderr = Stderr::create(&folder.path().join("stderr")).unwrap();
        stderr.file().unwrap().write_all(b"[selfup master] child #1 serves\npanicked\n").unwrap();
        assert_eq!(stderr.read().unwrap(), ["panicked"]);
        assert!(stderr.said(&["child #1", "serves"]));
        stderr.neglect().unwrap();
        let mut other = reopened(&stderr.writing, File::options().write(true)).unwrap();
        let full = other.write_all(b"[selfup master] child #2 serves\n").unwrap_err();
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        assert!(stderr.read().unwrap().is_empty());
        stderr.resume();
        assert!(stderr.read().unwrap().is_empty());
        other.write_all(b"[selfup master] child #2 serves\n").unwrap();
        stderr.read().unwrap();
        assert!(stderr.said(&["child #2"]));
    }
}
