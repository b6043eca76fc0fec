//! Polls a fetcher, and checks what it may return.

use selfup::fetch::{Error, ErrorKind, Fetch, Outcome, RunningExecutable};
use selfup_tests::sandbox::{PATIENCE, wait_for};
use std::io::Read;

/// A fetcher that is polled as by the master.
pub(crate) struct Poll {
    fetcher: Box<dyn Fetch>,
    current: RunningExecutable,
}

impl Poll {
    pub(crate) fn of(mut fetcher: Box<dyn Fetch>) -> Self {
        let current = RunningExecutable::new("/proc/self/exe", String::new);
        fetcher.init(&current).unwrap();
        Self { fetcher, current }
    }

    /// Polls, and reads the artifact to its end.
    pub(crate) fn ask(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut artifact) = self.fetcher.fetch(&self.current)? else { return Ok(None) };
        let mut bytes = Vec::new();
        artifact.reader.read_to_end(&mut bytes)?;
        if let Some(size) = artifact.size {
            assert_eq!(bytes.len() as u64, size, "the size is that of what comes");
        }
        Ok(Some(bytes))
    }

    /// Polls, and reads nothing yet.
    pub(crate) fn reader(&mut self) -> Box<dyn Read + Send> {
        let artifact = self.fetcher.fetch(&self.current).unwrap();
        artifact.expect("something new").reader
    }

    pub(crate) fn fetcher(&mut self) -> &mut dyn Fetch {
        &mut *self.fetcher
    }

    pub(crate) fn report(&mut self, outcome: Outcome) {
        self.fetcher.report(outcome);
    }

    /// Checks that a poll returns these bytes. The caller settles the artifact.
    #[track_caller]
    pub(crate) fn finds(&mut self, expected: &[u8]) {
        let found = self.ask().unwrap().expect("something new");
        assert!(found == expected, "{} bytes came, not the right ones", found.len());
    }

    /// Checks that a poll returns these bytes, and reports them as installed.
    #[track_caller]
    pub(crate) fn installs(&mut self, expected: &[u8]) {
        self.finds(expected);
        self.report(Outcome::Installed);
    }

    /// Checks that repeated polls return nothing new.
    #[track_caller]
    pub(crate) fn finds_nothing(&mut self) {
        for _ in 0..3 {
            let found = self.ask().unwrap();
            assert!(found.is_none(), "{} bytes came that were seen", found.unwrap().len());
        }
    }

    /// Checks that a poll fails for one of these reasons, and settles it as failed, like the master.
    #[track_caller]
    pub(crate) fn fails(&mut self, kinds: &[ErrorKind]) -> Error {
        let error = match self.ask() {
            Ok(found) => panic!("{:?} bytes came and no error", found.map(|bytes| bytes.len())),
            Err(error) => error,
        };
        assert!(kinds.contains(&error.kind()), "{:?} and not of {kinds:?}: {error}", error.kind());
        self.report(Outcome::Failed);
        error
    }

    /// Checks that the next poll after the fault returns these bytes, and installs them. A poll that was
    /// held back because the server had asked for that does not count, nor one that missed a
    /// deadline which was made short for the fault's sake.
    #[track_caller]
    pub(crate) fn recovers(&mut self, expected: &[u8]) {
        let found = wait_for("the fetcher to recover", PATIENCE, || match self.ask() {
            Err(error) if is_late(&error) || error.retry_after().is_some() => {
                self.report(Outcome::Failed);
                None
            }
            found => Some(found.unwrap().expect("something new")),
        });
        assert!(found == expected, "{} bytes came, not the right ones", found.len());
        self.report(Outcome::Installed);
    }
}

fn is_late(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Stalled)
}
