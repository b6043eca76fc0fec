//! Executables made smaller and larger than they were built.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use xtask_support::command::{self, Failure, Result};

/// A copy of an executable without names for its functions.
pub(super) fn stripped(program: &Path) -> Result<PathBuf> {
    let copy = program.with_extension("stripped");
    let (program, to) = (program.to_string_lossy(), copy.to_string_lossy());
    command::stdout_of(&mut command::program("strip", &["-o", &to, &program]))?;
    Ok(copy)
}

/// A copy of an executable with empty space behind it, which is not loaded, but would be hashed.
pub(super) fn grown(program: &Path, mebibytes: u64) -> Result<PathBuf> {
    let copy = program.with_extension(format!("{mebibytes}M"));
    let grow = || {
        fs::copy(program, &copy)?;
        File::options().write(true).open(&copy)?.set_len(mebibytes << 20)
    };
    grow().map_err(|error| Failure::new(format!("could not make {}: {error}", copy.display())))?;
    Ok(copy)
}

/// The size of a file in bytes.
pub(super) fn size(program: &Path) -> Result<u64> {
    fs::metadata(program)
        .map(|metadata| metadata.len())
        .map_err(|error| Failure::new(format!("could not look at {}: {error}", program.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_grown_has_the_same_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        let copy = grown(&program, 2).unwrap();
        assert_eq!(size(&copy).unwrap(), 2 << 20);
        assert!(fs::read(&copy).unwrap().starts_with(b"#!/bin/sh\n\0"));
    }
}
