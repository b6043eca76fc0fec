//! The type [`File`]: the fetcher of one path.

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
/// Each poll resolves the path again, symbolic links included, so a link that leads to another file is a change. If
/// its name ends in `.gz`, `.zst` or `.xz`, it is decompressed; the latter two need the features `zstd` and
/// `xz`.
#[derive(Debug)]
#[must_use]
pub struct File {
    path: PathBuf,
    expanded: bool,
    interval: Option<Duration>,
    quiet: Duration,
    /// A change that may still continue, and the time since which the file looks like this.
    resting: Option<(Stamp, Instant)>,
    settled: Option<Stamp>,
    /// Whether the settled file was reported as doubtful, and comes again on request.
    doubtful: bool,
    /// The signature of the settled file, if it was refused although a signature was wanted.
    refused: Option<Signature>,
    /// The artifact that was returned and not reported on yet.
    pending: Option<Pending>,
}

/// The text of a signature, if there is one.
type Signature = Option<String>;

#[derive(Debug)]
struct Pending {
    stamp: Stamp,
    /// Its signature, if one was wanted.
    signature: Option<Signature>,
}

impl File {
    /// Creates a fetcher of `path`, in which `{os}`, `{arch}` and `{target}` are replaced
    /// ([`selfup_fetch::expand`]). A path that is not UTF-8 is used as it is.
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

    /// Sets how long to wait between two polls. By default the caller decides.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how long a changed file must stay unchanged before it counts as complete.
    ///
    /// The default is 1 s: a copy seldom pauses for longer. With zero, a file counts as complete at once, which
    /// is right if files are always renamed into place.
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

    /// Whether the file that was refused has another signature by now.
    fn is_signed_anew(&self, current: &RunningExecutable) -> Result<bool, Error> {
        match &self.refused {
            Some(seen) if current.is_signature_due() => Ok(self.signature()? != *seen),
            _ => Ok(false),
        }
    }

    /// Reads the signature beside the file, if there is one.
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

    /// Whether the file has been in this state long enough, from the first time that it was seen.
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
    /// Checks for paths that can never work: a path without a file name, one with a compression that this build does
    /// not support, and the path of the running executable, which an installation replaces. A file or folder that
    /// does not exist yet (a file system that is mounted later), or is something else at the moment, is accepted.
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
        // It was replaced between the check and the opening, and has to stay unchanged first.
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

    fn origin(&self) -> Option<String> {
        Some(self.place())
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
