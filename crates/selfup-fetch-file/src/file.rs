//! The fetcher of one path.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use selfup_fetch::{
    Artifact, Compression, Error, ErrorKind, Fetch, Outcome, RunningExecutable, decompress,
    executable_name, expand, read_signature, signature_name,
};

use crate::{
    open::{explain, look, open},
    reading::Reading,
    stamp::Stamp,
};

/// Fetches a new executable from one path.
///
/// The path is followed anew at each poll, symbolic links included, so a link that is pointed
/// somewhere else is a change. If its name ends in `.gz`, `.zst` or `.xz`, it is decompressed; the
/// latter two need the features `zstd` and `xz`.
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
    /// What is settled came in doubt, and comes again when it is asked for.
    doubtful: bool,
    /// What came with the settled one, if it was refused for all that a signature was asked for.
    refused: Option<Signature>,
    /// The artifact that was handed out and not settled yet.
    pending: Option<Pending>,
}

/// The text of a signature, if there is one.
type Signature = Option<String>;

#[derive(Debug)]
struct Pending {
    stamp: Stamp,
    /// What came with it, if one was asked for.
    signature: Option<Signature>,
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
            doubtful: false,
            refused: None,
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

    /// Whether what was refused has another signature by now.
    fn is_signed_anew(&self, current: &RunningExecutable) -> Result<bool, Error> {
        match &self.refused {
            Some(seen) if current.is_signature_due() => Ok(self.signature()? != *seen),
            _ => Ok(false),
        }
    }

    /// The signature beside the file, if there is one.
    fn signature(&self) -> Result<Signature, Error> {
        let Some(name) = self.path.file_name().and_then(OsStr::to_str) else { return Ok(None) };
        let path = self.path.with_file_name(signature_name(name));
        match open(&path) {
            Ok((file, _)) => read_signature(file).map(Some).map_err(|error| explain(&path, error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn compression(&self) -> Compression {
        let name = self.path.file_name().unwrap_or_default();
        Compression::of_name(&name.to_string_lossy())
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
    /// Refuses what cannot work whatever happens at the path: one that names no file or says that it is
    /// compressed in a way that this build does not know, and the running executable's own: replacing
    /// that is what an installation does, so it would be its own source. A file or a folder that is not
    /// there yet (a file system that is mounted later), or is something else at the moment, is none of
    /// these.
    fn init(&mut self, current: &RunningExecutable) -> Result<(), Error> {
        self.expand()?;
        let refuse = |reason| Err(Error::new(ErrorKind::Configuration, reason).at(self.place()));
        if self.path.file_name().is_none() {
            return refuse("it names no file");
        }
        if is_same(&self.path, current.path()) {
            return refuse("it is the running executable itself; publish beside it");
        }
        let known = decompress(io::empty(), self.compression());
        known.map(drop).map_err(|error| error.at(self.place()))
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        self.pending = None;
        self.expand()?;
        let stamp = look(&self.path)?;
        let is_seen = self.settled == Some(stamp);
        let signed_anew = is_seen && self.is_signed_anew(current)?;
        if is_seen && !signed_anew || !self.is_at_rest(stamp) {
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
        let signature = if current.is_signature_wanted() { Some(self.signature()?) } else { None };
        let reading = Reading::new(file, opened, place.clone());
        let reading = current.counted(reading, Some(opened.size));
        let mut artifact = match self.compression() {
            Compression::None => Artifact::new(reading).size(opened.size),
            compression => match decompress(reading, compression) {
                Ok(reader) => Artifact::new(reader.named(place)),
                Err(error) => return Err(error.at(place)),
            },
        };
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = signed_anew && opened == stamp;
        if let Some(name) = self.path.file_name().and_then(OsStr::to_str) {
            artifact = artifact.file_name(executable_name(name));
        }
        self.pending = Some(Pending { stamp: opened, signature });
        Ok(Some(artifact))
    }

    fn report(&mut self, outcome: Outcome) {
        if let Some(pending) = self.pending.take()
            && (outcome.is_final() || outcome == Outcome::Doubtful)
        {
            self.settled = Some(pending.stamp);
            self.doubtful = outcome == Outcome::Doubtful;
            self.refused = pending.signature.filter(|_| outcome == Outcome::Refused);
        }
    }

    fn holds_back(&self) -> bool {
        self.doubtful
    }

    fn retry(&mut self) {
        (self.settled, self.doubtful) = (None, false);
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
