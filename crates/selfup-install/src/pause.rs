//! Why upgrades are paused: a file beside the target, which outlives every process.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::belief::Belief;
use crate::error::{Error, Result};
use crate::target::Target;
use crate::temporary::temporary;

/// The most of a reason that is kept, in bytes.
const LONGEST_REASON: usize = 500;

/// Why upgrades are paused, as an operator has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    reason: String,
    since: SystemTime,
}

impl Pause {
    /// Returns the reason, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns since when upgrades are paused, to the second.
    #[must_use]
    pub fn since(&self) -> SystemTime {
        self.since
    }
}

impl Target {
    /// Returns why upgrades of the target are paused, or `None` if they are not.
    ///
    /// This crate remembers a pause, and leaves it to its callers to heed it. A file that may belong to a user
    /// who may not replace the target is ignored, as [`doubted`](Self::doubted) reports.
    #[must_use]
    pub fn paused(&self) -> Option<Pause> {
        let path = self.names().paused();
        let found = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
        if Belief::of(self).ok()?.doubt(&found).is_some() {
            return None;
        }
        let mut bytes = Vec::new();
        let longest = LONGEST_REASON as u64 + 32;
        File::open(&path).and_then(|file| file.take(longest).read_to_end(&mut bytes)).ok()?;
        // A file without a time is a pause, too.
        let text = String::from_utf8_lossy(&bytes);
        let (seconds, reason) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let since = UNIX_EPOCH + Duration::from_secs(seconds.parse().unwrap_or(0));
        Some(Pause { reason: reason.to_owned(), since })
    }

    /// Pauses upgrades of the target. `reason` is shortened to one line of 500 bytes.
    ///
    /// # Errors
    ///
    /// The file beside the target cannot be written.
    pub fn pause(&self, reason: &str) -> Result<()> {
        let mut line: String =
            reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        while line.len() > LONGEST_REASON {
            line.pop();
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let path = self.names().paused();
        let failed =
            |cause| Error::system(format_args!("could not write {}", path.display()), cause);
        let mut file = temporary(self)?;
        writeln!(file, "{seconds} {}", line.trim()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Resumes upgrades of the target, and returns whether they were paused.
    ///
    /// # Errors
    ///
    /// The file beside the target cannot be removed.
    pub fn resume(&self) -> Result<bool> {
        let path = self.names().paused();
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(cause) => {
                Err(Error::system(format_args!("could not remove {}", path.display()), cause))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_lasts_until_it_is_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        fs::write(&path, "app").unwrap();
        let target = Target::new(&path).unwrap();
        assert_eq!(target.paused(), None);
        assert!(!target.resume().unwrap());
        target.pause("a freeze\nuntil Monday").unwrap();
        let paused = target.paused().unwrap();
        assert_eq!(paused.reason(), "a freeze until Monday");
        assert!(paused.since().elapsed().unwrap() < Duration::from_secs(3600));
        target.pause(&"é".repeat(5000)).unwrap();
        assert_eq!(target.paused().unwrap().reason().len(), LONGEST_REASON);
        assert!(target.resume().unwrap());
        assert_eq!(target.paused(), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
