//! Creates temporary files beside a target.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::names::RANDOM;
use crate::target::Target;

/// Creates a file beside the target, with a random name, `O_EXCL`, close-on-exec, and mode 0600 whatever the
/// umask. Dropping it removes the file.
pub(crate) fn temporary(target: &Target) -> Result<NamedTempFile> {
    temporary_in(target.names().directory(), target)
}

pub(crate) fn temporary_in(directory: &Path, target: &Target) -> Result<NamedTempFile> {
    let failed = |cause| {
        Error::system(format_args!("could not create a file in {}", directory.display()), cause)
    };
    let file = tempfile::Builder::new()
        .prefix(&target.names().temporary_prefix())
        .rand_bytes(RANDOM)
        .tempfile_in(directory)
        .map_err(failed)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(file)
}
