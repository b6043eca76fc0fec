//! What came of an update, and how far one is.

use std::{
    convert::Infallible,
    env, fmt,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::Command,
};

use selfup_master::{Error, ErrorKind, Result};

/// What came of an [`Update`](crate::Update).
///
/// Its `Display` is one line for the user of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Updated {
    /// There is nothing new: what the source has is what is installed, or of the same version, or not
    /// for this platform.
    #[non_exhaustive]
    UpToDate {
        /// The SHA-1 of the executable.
        id: String,
        /// Its version, if it is known.
        version: Option<String>,
        /// What the user should know all the same: that another file is published under this version
        /// ([`force`](crate::Update::force) installs it), or that the newest release has nothing for this
        /// platform.
        note: Option<String>,
    },
    /// What the source has is older than what is installed, as for a development build, or one of a
    /// channel with newer releases. Nothing is wrong, and nothing was done.
    #[non_exhaustive]
    Older {
        /// The version that the source has.
        version: String,
        /// The version that is installed.
        running: String,
    },
    /// There is something new, and nothing was installed, because only a check was asked for.
    #[non_exhaustive]
    Available {
        /// The SHA-1 of the new executable, if the source says it or all of it was read.
        id: Option<String>,
        /// Its version, if the source says one.
        version: Option<String>,
        /// The version that is installed, if it is known.
        running: Option<String>,
    },
    /// The new executable is in place.
    #[non_exhaustive]
    Installed {
        /// Where it is.
        path: PathBuf,
        /// The SHA-1 of the executable that was replaced.
        from: String,
        /// The SHA-1 of the new one.
        to: String,
        /// The version of the one that was replaced, if it is known.
        from_version: Option<String>,
        /// The version of the new one, if the source says one.
        version: Option<String>,
        /// What the user should know, one line each: other hard links still lead to the previous executable, a
        /// package owns the path, the directory could not be flushed. Usually there are none.
        warnings: Vec<String>,
    },
}

impl Updated {
    /// Replaces this process by the executable that was installed, with the arguments of this process. It returns
    /// only if that fails.
    ///
    #[cfg_attr(feature = "http", doc = "```no_run")]
    #[cfg_attr(not(feature = "http"), doc = "```ignore")]
    /// # use selfup::{Update, Updated, fetch::Http};
    /// # let source = Http::new("https://example.com/tool-{os}-{arch}");
    /// let updated = selfup::update(Update::new(source))?;
    /// if let Updated::Installed { .. } = updated {
    ///     updated.exec_new()?;
    /// }
    /// # Ok::<(), selfup::Error>(())
    /// ```
    ///
    /// [`current_exe`](std::env::current_exe) does not lead to the new executable: once the file has been
    /// replaced, it names the previous one, which is not there any more.
    ///
    /// The process keeps its pid, its environment as it is now, its working directory, and the descriptors that
    /// are not close-on-exec: standard input, output and error, and those inherited from its parent. What the
    /// standard library opens is closed. The standard output is flushed before. No destructor runs and every other
    /// thread ends, so temporary files stay, and data in buffers of the program is lost: call it right after the
    /// update. See [execve(2)](https://man7.org/linux/man-pages/man2/execve.2.html).
    ///
    /// A program that updates itself at each start does not loop: the new executable is up to date.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Executable`]: nothing was installed, or what was installed cannot be started. This
    /// process goes on.
    pub fn exec_new(&self) -> Result<Infallible> {
        let Self::Installed { path, .. } = self else {
            let what = "could not start the new executable: none was installed";
            return Err(Error::new(ErrorKind::Executable, what));
        };
        // The reader may have gone.
        let _flushed = io::stdout().flush();
        let mut arguments = env::args_os();
        let mut command = Command::new(path);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        let error = command.args(arguments).exec();
        let what = format!("could not start {}", path.display());
        Err(Error::new(ErrorKind::Executable, what).because(error).for_users())
    }
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpToDate { id, version, note } => {
                write!(f, "up to date ({})", named(version.as_ref(), id))?;
                note.as_ref().map_or(Ok(()), |note| write!(f, "; {note}"))
            }
            Self::Older { version, running } => {
                write!(f, "{running} is newer than {version}, which is the newest published")
            }
            Self::Available { id, version, running } => {
                match (version, id) {
                    (Some(version), _) => write!(f, "{version} is available")?,
                    (None, Some(id)) => write!(f, "another version is available ({})", short(id))?,
                    (None, None) => write!(f, "another version is available")?,
                }
                running.as_ref().map_or(Ok(()), |running| write!(f, "; this is {running}"))
            }
            Self::Installed { from, to, from_version, version, .. } => {
                let (from, to) = match (from_version, version) {
                    (Some(from), Some(to)) if from != to => (from.as_str(), to.as_str()),
                    _ => (short(from), short(to)),
                };
                write!(f, "updated from {from} to {to}")
            }
        }
    }
}

fn named<'a>(version: Option<&'a String>, id: &'a str) -> &'a str {
    version.map_or(short(id), String::as_str)
}

/// Enough of an id to distinguish builds.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that have arrived, as they come over the line: compressed, if they are published so.
    pub bytes: u64,
    /// How many there will be, if the source says so.
    pub total: Option<u64>,
}

impl Progress {
    pub(super) fn new(bytes: u64, total: Option<u64>) -> Self {
        Self { bytes, total }
    }
}
