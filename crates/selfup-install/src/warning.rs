//! The type [`Warning`]: what may surprise an operator about a target later.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::occupant::Occupant;
use crate::package::{self, Owner};
use crate::target::Target;

/// Something about the target that may surprise an operator later, although the installation is good.
///
/// It prints as one line that includes what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The executable has other names, hard links, which still lead to the old file.
    OtherNames {
        /// What was replaced.
        path: PathBuf,
        /// The number of other names.
        count: u64,
        /// The other names in the same directory.
        beside: Vec<PathBuf>,
    },
    /// A package owns the path, and its next upgrade replaces the executable again.
    Packaged {
        /// What was replaced.
        path: PathBuf,
        /// The name of the package, if it can be determined without running a program.
        package: Option<String>,
    },
}

/// Returns the warnings about the target. What cannot be determined is left out.
pub(crate) fn about(target: &Target, present: &Occupant) -> Vec<Warning> {
    let packaged = package::owner("/".as_ref(), target.resolved()).map(|owner| {
        let package = match owner {
            Owner::Known(package) => Some(package),
            Owner::Likely => None,
        };
        Warning::Packaged { path: target.resolved().to_owned(), package }
    });
    other_names(target, present).into_iter().chain(packaged).collect()
}

fn other_names(target: &Target, present: &Occupant) -> Option<Warning> {
    let metadata = present.file.metadata().ok()?;
    let count = metadata.nlink().checked_sub(1).filter(|count| *count > 0)?;
    let entries = fs::read_dir(target.names().directory()).ok()?;
    let same = |path: &PathBuf| {
        let found = path.symlink_metadata();
        found.is_ok_and(|it| (it.dev(), it.ino()) == (metadata.dev(), metadata.ino()))
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut beside: Vec<_> = paths.filter(|path| path != target.resolved()).filter(same).collect();
    beside.sort();
    Some(Warning::OtherNames { path: target.resolved().to_owned(), count, beside })
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherNames { path, count, beside } => {
                let path = path.display();
                write!(
                    f,
                    "{path} had {count} more hard links, which lead to the previous executable; "
                )?;
                write!(f, "link them again, or make them symbolic")?;
                let mut names = beside.iter().map(|path| path.display());
                if let Some(first) = names.next() {
                    write!(f, ": {first}")?;
                }
                names.try_for_each(|name| write!(f, ", {name}"))
            }
            Self::Packaged { path, package } => {
                let path = path.display();
                match package {
                    Some(package) => write!(f, "{path} belongs to the package {package}")?,
                    None => write!(f, "{path} may belong to a package (ask rpm -qf {path})")?,
                }
                write!(f, ", whose next upgrade replaces it; keep upgradable programs elsewhere")
            }
        }
    }
}
