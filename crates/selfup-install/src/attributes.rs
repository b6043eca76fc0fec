//! Copies owner, extended attributes and mode from the old executable to the new one.

use std::ffi::{CStr, CString};
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use crate::eintr::retry_on_eintr;
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// The attributes that sign the content of a file, and are wrong for other content.
const ABOUT_CONTENT: [&CStr; 2] = [c"security.ima", c"security.evm"];

/// File capabilities, see capabilities(7).
const CAPABILITY: &CStr = c"security.capability";

/// The access control list, which a new file may inherit from its directory.
const INHERITED: &CStr = c"system.posix_acl_access";

/// Copies the attributes of `from`, the file at `path`, to `to`: owner and group, then extended attributes (POSIX
/// ACLs and file capabilities are among them), then the mode with its setuid and setgid bits. The order
/// matters, because a change of owner clears capabilities and setuid bits.
///
/// Either everything is copied, or the error names what could not be.
pub(crate) fn carry(path: &Path, from: &File, to: &File) -> Result<()> {
    let examine = |file: &File| {
        let context = format_args!("could not examine {}", path.display());
        file.metadata().map_err(|cause| Error::system(context, cause))
    };
    let old = examine(from)?;
    carry_owner(path, &old, &examine(to)?, to)?;
    carry_extended(path, from, to)?;
    to.set_permissions(Permissions::from_mode(mode(&old)))
        .map_err(|cause| lost(path, &format!("mode {:o}", mode(&old)), Some(cause)))?;

    // The kernel silently drops a setgid bit if this process is not in the group.
    let new = examine(to)?;
    if (new.uid(), new.gid(), mode(&new)) == (old.uid(), old.gid(), mode(&old)) {
        Ok(())
    } else {
        Err(lost(
            path,
            &format!("owner {}:{} and mode {:o}", old.uid(), old.gid(), mode(&old)),
            None,
        ))
    }
}

/// Removes what a kept executable does not need: setuid and setgid bits, file capabilities, and the right of
/// others than its owner to execute it. The right to read it stays, because processes that still run it may
/// read themselves.
///
/// [`carry`] restores all of it, from the executable that a rollback replaces.
pub(crate) fn disarm(path: &Path, file: &File) -> Result<()> {
    let failed = |cause| {
        let text = format_args!("could not take the privileges from {}", path.display());
        Error::system(text, cause)
    };
    let metadata = file.metadata().map_err(failed)?;
    file.set_permissions(Permissions::from_mode(mode(&metadata) & 0o744)).map_err(failed)?;
    if sys::attribute(file, CAPABILITY).map_err(failed)?.is_some() {
        retry_on_eintr(|| sys::remove_attribute(file, CAPABILITY)).map_err(failed)?;
    }
    Ok(())
}

fn mode(metadata: &Metadata) -> u32 {
    metadata.mode() & 0o7777
}

fn carry_owner(path: &Path, old: &Metadata, new: &Metadata, to: &File) -> Result<()> {
    let uid = (old.uid() != new.uid()).then_some(old.uid());
    let gid = (old.gid() != new.gid()).then_some(old.gid());
    if (uid, gid) == (None, None) {
        return Ok(());
    }
    retry_on_eintr(|| fchown(to, uid, gid))
        .map_err(|cause| lost(path, &format!("owner {}:{}", old.uid(), old.gid()), Some(cause)))
}

fn carry_extended(path: &Path, from: &File, to: &File) -> Result<()> {
    let kept = |name: &CStr, cause| lost(path, &describe(name), Some(cause));
    let list = |file| {
        sys::attribute_names(file).map_err(|cause| lost(path, "extended attributes", Some(cause)))
    };
    let names: Vec<CString> = list(from)?;
    for name in names.iter().filter(|name| !ABOUT_CONTENT.contains(&name.as_c_str())) {
        let value = |file| sys::attribute(file, name).map_err(|cause| kept(name, cause));
        let Some(wanted) = value(from)? else { continue };
        if value(to)?.as_ref() != Some(&wanted) {
            retry_on_eintr(|| sys::set_attribute(to, name, &wanted))
                .map_err(|cause| kept(name, cause))?;
        }
    }
    if !names.iter().any(|name| name.as_c_str() == INHERITED)
        && list(to)?.iter().any(|name| name.as_c_str() == INHERITED)
    {
        retry_on_eintr(|| sys::remove_attribute(to, INHERITED))
            .map_err(|cause| kept(INHERITED, cause))?;
    }
    Ok(())
}

fn describe(name: &CStr) -> String {
    let name = name.to_string_lossy();
    match &*name {
        "security.capability" => "file capabilities".into(),
        "system.posix_acl_access" => "access control list".into(),
        _ => format!("extended attribute {}", name.escape_debug()),
    }
}

fn lost(path: &Path, what: &str, cause: Option<io::Error>) -> Error {
    let text = format!(
        "could not keep the {what} of {}; install as root or as the file's owner, or remove it from \
         the file first",
        path.display()
    );
    let error = Error::new(ErrorKind::Attributes, text);
    match cause {
        Some(cause) => error.because(cause),
        None => error,
    }
}
