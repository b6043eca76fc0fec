use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use selfup_fetch::{Artifact, Current, Error, ErrorKind, Fetch, Outcome, expand, gunzip};

use crate::{
    open::{look, open},
    reading::Reading,
    stamp::Stamp,
};

/// Fetches a new executable from one path.
///
/// The path is followed anew at each poll, symbolic links included, so a link that is pointed
/// somewhere else is a change. If its name ends in `.gz`, it is decompressed.
#[derive(Debug)]
#[must_use]
pub struct File {
    path: PathBuf,
    expanded: bool,
    interval: Option<Duration>,
    quiet: Duration,
    /// A change that has not come to rest yet, and since when it looks like this.
    resting: Option<(Stamp, Instant)>,
    settled: Option<Stamp>,
    /// The artifact that was handed out and not settled yet.
    pending: Option<Stamp>,
}

impl File {
    /// Fetches from `path`, in which `{os}`, `{arch}` and `{target}` are filled in
    /// ([`selfup_fetch::expand`]). A path that is not UTF-8 is taken as it is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            expanded: false,
            interval: None,
            quiet: Duration::from_secs(1),
            resting: None,
            settled: None,
            pending: None,
        }
    }

    /// Sets how long to wait between two polls; by default the caller decides.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how long a changed file must have been left alone before it counts as complete.
    ///
    /// The default is 1 s: whoever copies seldom pauses for longer. With zero, it counts as
    /// complete at the first sight of it; that is right where files are only ever renamed into
    /// place.
    pub const fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    fn expand(&mut self) -> Result<(), Error> {
        if !self.expanded {
            if let Some(template) = self.path.to_str() {
                self.path = expand(template)?.into();
            }
            self.expanded = true;
        }
        Ok(())
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether that state was there long enough; the clock starts when it is first seen.
    fn is_at_rest(&mut self, stamp: Stamp) -> bool {
        let since = match self.resting {
            Some((seen, since)) if seen == stamp => since,
            _ => {
                let now = Instant::now();
                self.resting = Some((stamp, now));
                if !self.quiet.is_zero() {
                    return false;
                }
                now
            }
        };
        since.elapsed() >= self.quiet
    }
}

impl Fetch for File {
    /// Refuses a path without a directory to be in, one that is no regular file, and the running
    /// executable's own: replacing that is what an installation does, so it would be its own
    /// source. A file that is not there yet is none of these.
    fn init(&mut self, current: &Current) -> Result<(), Error> {
        self.expand()?;
        let refuse = |reason| Err(Error::new(ErrorKind::Configuration, reason).at(self.place()));
        if self.path.file_name().is_none() {
            return refuse("it names no file");
        }
        let directory = match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if !directory.is_dir() {
            return refuse("its directory does not exist, or may not be looked into");
        }
        if is_same(&self.path, current.path()) {
            return refuse("it is the running executable itself; publish beside it");
        }
        match look(&self.path) {
            Err(error) if error.kind() == ErrorKind::Configuration => Err(error),
            _ => Ok(()),
        }
    }

    fn fetch(&mut self, _: &Current) -> Result<Option<Artifact>, Error> {
        self.pending = None;
        self.expand()?;
        let stamp = look(&self.path)?;
        if self.settled == Some(stamp) || !self.is_at_rest(stamp) {
            return Ok(None);
        }
        let (file, opened) = open(&self.path)?;
        // Replaced between the look and the opening: it has to come to rest first.
        if opened != stamp && !self.is_at_rest(opened) {
            return Ok(None);
        }
        let place = self.place();
        if opened.size == 0 {
            let reason = "it is empty; a copy may have been broken off";
            return Err(Error::new(ErrorKind::Truncated, reason).at(place));
        }
        self.pending = Some(opened);
        let reading = Reading::new(file, opened, place.clone());
        Ok(Some(if self.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
            Artifact::new(gunzip(reading).named(place))
        } else {
            Artifact::new(reading).size(opened.size)
        }))
    }

    fn settle(&mut self, outcome: Outcome) {
        if let Some(stamp) = self.pending.take()
            && outcome.is_settled()
        {
            self.settled = Some(stamp);
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
