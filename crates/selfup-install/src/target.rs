//! The type [`Target`]: the executable to replace.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::{open_regular, require_regular};
use crate::names::Names;

/// The executable to replace.
///
/// [`new`](Self::new) follows symbolic links once: the file that the last of them points to is replaced, in its
/// own directory, and every link stays as it is. If the links lead elsewhere by the time of
/// [`install`](crate::Verified::install), that fails with [`TargetChanged`](ErrorKind::TargetChanged).
///
/// Other hard links to the executable keep the old content, because a path is replaced, not an inode.
///
/// It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Target {
    paths: Arc<Paths>,
}

#[derive(Debug)]
struct Paths {
    given: PathBuf,
    /// `given` as an absolute path, in case the working directory changes.
    absolute: PathBuf,
    resolved: PathBuf,
    names: Names,
}

impl Target {
    /// Creates a target from a path, absolute or relative to the current working directory, that leads to a
    /// regular file.
    ///
    /// Save the path at the start of a program: once the running executable has been replaced,
    /// `/proc/self/exe` names a file that no longer exists.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound), [`NotRegular`](ErrorKind::NotRegular), or
    /// [`Io`](ErrorKind::Io) if the path cannot be followed.
    pub fn new(path: impl AsRef<Path>) -> Result<Self> {
        let given = path.as_ref().to_owned();
        let resolved = resolve(&given)?;
        let metadata = resolved.metadata().map_err(|cause| {
            Error::system(format_args!("could not examine {}", resolved.display()), cause)
        })?;
        require_regular(&resolved, &metadata)?;
        let (Some(directory), Some(name)) = (resolved.parent(), resolved.file_name()) else {
            let text = format!("could not replace {}: it has no directory", resolved.display());
            return Err(Error::new(ErrorKind::NotRegular, text));
        };
        let names = Names::beside(directory, name);
        let absolute = absolute(&given).map_err(|cause| unresolved(&given, cause))?;
        Ok(Self { paths: Arc::new(Paths { given, absolute, resolved, names }) })
    }

    /// Returns the path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.paths.given
    }

    /// Returns the absolute path of the file that is replaced, without links.
    #[must_use]
    pub fn resolved(&self) -> &Path {
        &self.paths.resolved
    }

    /// Computes the id of the present executable, which reads the whole file.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound), [`NotRegular`](ErrorKind::NotRegular) or
    /// [`Io`](ErrorKind::Io) if it cannot be read any more.
    pub fn id(&self) -> Result<Id> {
        self.id_of(&self.open()?)
    }

    pub(crate) fn names(&self) -> &Names {
        &self.paths.names
    }

    pub(crate) fn open(&self) -> Result<File> {
        open_regular(self.resolved())
    }

    pub(crate) fn id_of(&self, file: &File) -> Result<Id> {
        Id::of_file(file).map_err(|cause| {
            Error::system(format_args!("could not read {}", self.resolved().display()), cause)
        })
    }

    /// Checks that the links still lead to the same file.
    pub(crate) fn require_same_path(&self) -> Result<()> {
        let now = resolve(&self.paths.absolute);
        if matches!(&now, Ok(now) if now == self.resolved()) {
            return Ok(());
        }
        let (path, expected) = (self.path().display(), self.resolved().display());
        Err(match now {
            Ok(now) => Error::new(
                ErrorKind::TargetChanged,
                format!(
                    "could not replace {path}: it leads to {} now, not to {expected}",
                    now.display()
                ),
            ),
            Err(cause) => Error::new(
                ErrorKind::TargetChanged,
                format!("could not replace {path}: it does not lead to {expected} any more"),
            )
            .because(cause),
        })
    }
}

fn resolve(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|cause| unresolved(path, cause))
}

fn unresolved(path: &Path, cause: io::Error) -> Error {
    let shown = path.display();
    let error = match (cause.kind(), path.read_link()) {
        (io::ErrorKind::NotFound, Ok(link)) => Error::new(
            ErrorKind::NotFound,
            format!(
                "could not find {shown}: it is a link to {}, which is not there",
                link.display()
            ),
        ),
        (io::ErrorKind::NotFound, Err(_)) => {
            Error::new(ErrorKind::NotFound, format!("could not find {shown}: no such file"))
        }
        _ => Error::new(ErrorKind::Io, format!("could not follow {shown}")),
    };
    error.because(cause)
}
