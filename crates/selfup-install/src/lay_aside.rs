//! Gives the replaced executable its final name, without the privileges that it had.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::attributes;
use crate::error::{Error, Result};
use crate::identity::open_regular;
use crate::target::Target;
use crate::temporary::temporary;

/// Gives the replaced executable its final name, without the privileges that it had at the path, so that nobody
/// can exploit with them what the new version has fixed.
///
/// If it has other hard links, which keep their privileges, a copy is kept instead.
pub(crate) fn lay_aside(target: &Target, replaced: &Path, previous: &Path) -> Result<()> {
    let examine =
        |cause| Error::system(format_args!("could not examine {}", replaced.display()), cause);
    let file = open_regular(replaced)?;
    let disarmed = if file.metadata().map_err(examine)?.nlink() > 1 {
        copy(target, &file, previous)?;
        Ok(())
    } else {
        let disarmed = attributes::disarm(replaced, &file);
        fs::rename(replaced, previous).map_err(|cause| {
            let (from, to) = (replaced.display(), previous.display());
            Error::system(format_args!("could not rename {from} to {to}"), cause)
        })?;
        disarmed
    };
    // Not earlier: if this fails, the next process that takes the short lock finishes it.
    drop(fs::remove_file(replaced));
    disarmed
}

pub(crate) fn copy(target: &Target, present: &File, to: &Path) -> Result<()> {
    let failed = |cause| {
        let from = target.resolved().display();
        Error::system(format_args!("could not copy {from} to {}", to.display()), cause)
    };
    let copy = temporary(target)?;
    let mut reader = present;
    reader.rewind().map_err(failed)?;
    io::copy(&mut reader.by_ref(), &mut copy.as_file()).map_err(failed)?;
    attributes::carry(target.resolved(), present, copy.as_file())?;
    attributes::disarm(copy.path(), copy.as_file())?;
    copy.as_file().sync_all().map_err(failed)?;
    copy.into_temp_path().persist(to).map_err(|failure| failed(failure.error))
}
