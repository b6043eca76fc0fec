//! Where the control socket of a service is.

use std::{
    env,
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;

use crate::error::{Error, ErrorKind, Result};

const LONGEST_NAME: usize = 64;

/// Returns the path of the control socket that a service of this name opens: `NAME.sock` in
/// `$RUNTIME_DIRECTORY`, else in `$XDG_RUNTIME_DIR`, else, as root, in `/run`.
///
/// # Errors
///
/// The name cannot be used, or there is no directory for it.
pub fn to_bind(name: &str) -> Result<PathBuf> {
    check(name)?;
    let directory = runtime_directory().or_else(|| variable("XDG_RUNTIME_DIR"));
    let directory = directory.or_else(|| geteuid().is_root().then(|| PathBuf::from("/run")));
    let directory = directory.ok_or_else(|| {
        let what = format!(
            "could not open the control socket of {name}: neither RUNTIME_DIRECTORY nor XDG_RUNTIME_DIR \
             is set; set one of them, as RuntimeDirectory= in a unit of systemd does"
        );
        Error::new(ErrorKind::Place, what)
    })?;
    Ok(file_in(&directory, name))
}

/// Returns the paths at which the control socket of a service may be, in the order in which a client tries
/// them: those of [`to_bind`], and a directory of the service's own below them.
///
/// # Errors
///
/// The name cannot be used.
pub fn places(name: &str) -> Result<Vec<PathBuf>> {
    check(name)?;
    let xdg = variable("XDG_RUNTIME_DIR");
    let bases = [runtime_directory(), xdg, Some(PathBuf::from("/run"))];
    let bases = bases.into_iter().flatten();
    let both = bases.flat_map(|base| [file_in(&base, name), file_in(&base.join(name), name)]);
    Ok(both.collect())
}

/// A name is a part of a file's name, and the path has to fit into the address of a socket.
fn check(name: &str) -> Result<()> {
    let is_fine =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    let starts_well = name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if starts_well && name.len() <= LONGEST_NAME && name.bytes().all(is_fine) {
        return Ok(());
    }
    let what = format!(
        "could not use {name:?} as the name of a service: it needs 1 to {LONGEST_NAME} letters, digits, \
         and `._-@`, and begins with a letter or digit"
    );
    Err(Error::new(ErrorKind::Place, what))
}

fn file_in(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.sock"))
}

/// systemd separates several directories by colons.
fn runtime_directory() -> Option<PathBuf> {
    let all = variable("RUNTIME_DIRECTORY")?;
    let first = all.to_str().and_then(|all| all.split(':').next()).map(PathBuf::from);
    first.or(Some(all))
}

#[expect(clippy::disallowed_methods, reason = "this is the file that reads where the socket is")]
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_directory() {
        for name in ["", ".", "..", "a/b", "/a", "a\n", "é", "-a", &"a".repeat(65)] {
            assert_eq!(check(name).unwrap_err().kind(), ErrorKind::Place, "{name:?}");
        }
        for name in ["a", "app", "app@1", "my-app_2.0"] {
            check(name).unwrap();
        }
    }
}
