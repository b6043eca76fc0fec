//! Checks that the library compiles, without a warning of clippy, for systems that nothing here can run.
//!
//! The standard library of another system is compiled from its source, which has to be that of the compiler. Debian
//! packages both, as `rustc-web` and `rust-web-src`. They are unpacked into a folder and not installed, so that
//! they get in the way of no other compiler.

use crate::command::{Failure, Result, cargo, program, run as run_command, stdout_of};
use crate::workspace::Workspace;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// One of each kind: 32 bits, the systems of Apple, another C library and processor, a BSD.
///
/// The standard library takes most of the time, so CI compiles for the first two alone, which differ most from where
/// the tests run.
const TARGETS: &[&str] = &[
    "i686-unknown-linux-gnu",
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-unknown-freebsd",
];

/// What is compiled: everything with code of its own for a system. The fetchers over a network have none, and some
/// need a C compiler for the target.
const PACKAGES: &[&str] = &["selfup", "selfup-fetch"];
const FEATURES: &str = "selfup/file,selfup/control,selfup/manifest,selfup-fetch/archive";

/// The compiler, its standard library for this machine, the library's source, and clippy.
const DEBIAN: &[&str] = &["rustc-web", "libstd-rust-web-dev", "rust-web-src", "rust-web-clippy"];

pub(crate) fn run() -> Result {
    let folder = Workspace::load()?.target().join("targets");
    if let Err(failure) = provide(&folder) {
        let what = format!("could not get the compiler with its source: {failure}");
        if is_ci() {
            return Err(Failure::new(what));
        }
        println!("NOT checked for other systems: {what}");
        return Ok(());
    }
    let mut command = cargo(&["check", "--quiet", "--locked", "-Z", "build-std=std,panic_abort"]);
    let targets = if is_ci() { &TARGETS[..2] } else { TARGETS };
    for target in targets {
        command.args(["--target", target]);
    }
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    command.args(["--no-default-features", "--features", FEATURES]);
    command
        .env("RUSTC", folder.join("rustc"))
        .env("RUSTC_WORKSPACE_WRAPPER", folder.join("clippy"))
        // Flags of the machine are for its own compiler.
        .env("RUSTFLAGS", "")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__")
        .env("SYSROOT", folder.join("usr"))
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    run_command(&mut command)?;
    println!("compiles for {}", targets.join(", "));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "nothing else says where this runs")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// Unpacks the packages, unless they are there.
fn provide(folder: &Path) -> Result {
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(());
    }
    let packed = folder.join("packed");
    let failed = |error| Failure::new(format!("{}: {error}", folder.display()));
    fs::remove_dir_all(folder).or_else(ignore_missing).map_err(failed)?;
    fs::create_dir_all(&packed).map_err(failed)?;
    // Without root the lists are as new as they are.
    if let Err(failure) = run_command(&mut program("apt-get", &["-qq", "update"])) {
        println!("{failure}");
    }
    let mut packages: Vec<String> = DEBIAN.iter().map(|&name| name.to_owned()).collect();
    for name in ["libstd-rust-web-dev", "rustc-web"] {
        for needed in libraries(&stdout_of(&mut program("apt-cache", &["depends", name]))?) {
            let below = stdout_of(&mut program("apt-cache", &["depends", &needed]))?;
            packages.extend(libraries(&below));
            packages.push(needed);
        }
    }
    packages.sort();
    packages.dedup();
    let mut download = program("apt-get", &["-qq", "download"]);
    // The user of apt may not write here.
    download.args(["-o", "APT::Sandbox::User=root"]).args(&packages).current_dir(&packed);
    run_command(&mut download)?;
    for file in fs::read_dir(&packed).map_err(failed)? {
        let file = file.map_err(failed)?.path();
        run_command(program("dpkg", &["-x"]).arg(&file).arg(folder))?;
    }
    fs::remove_dir_all(&packed).map_err(failed)?;
    script(&folder.join("rustc"), folder, "rustc").map_err(failed)?;
    script(&folder.join("clippy"), folder, "clippy-driver").map_err(failed)?;
    fs::write(complete, "").map_err(failed)
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The libraries of the compiler in what `apt-cache depends` prints.
fn libraries(depends: &str) -> Vec<String> {
    let names = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let ours =
        names.filter(|name| name.starts_with("libstd-rust-web-") || name.starts_with("libllvm"));
    ours.map(str::to_owned).collect()
}

/// Writes a script that starts a program of the folder with the libraries of the folder.
fn script(path: &PathBuf, folder: &Path, name: &str) -> std::io::Result<()> {
    let libraries = folder.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        folder.join("usr/bin").join(name).display()
    );
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_of_the_compiler_are_found() {
        let depends = "libstd-rust-web-dev\n  Depends: libc6\n  Depends: libstd-rust-web-1.96\n |Suggests: libllvm9\n";
        assert_eq!(libraries(depends), ["libstd-rust-web-1.96"]);
    }
}
