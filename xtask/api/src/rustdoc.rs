//! The documentation of the workspace as JSON.

use super::toolchain::Toolchain;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use xtask_support::command::{Failure, Result, cargo, run};

/// The format is unstable, so rustdoc needs a variable that allows it. If all of cargo had it, many
/// build scripts would run again, and what they are for would be built again.
const RUSTDOC: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";

/// A broken link is an error: rustdoc has found it before it writes anything.
const FLAGS: &str = "-D warnings -Z unstable-options --output-format json";

/// The folder with a file for each library: of the some fifty programs, which take four times as long,
/// nobody reads what rustdoc makes. Of all the workspace, with the features that its tests turn on: that
/// is what other steps have built already.
pub(super) fn json(target: &Path) -> Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    let rustdoc = target.join("rustdoc-json");
    let target = match toolchain {
        Toolchain::Current => target.to_owned(),
        // Each would build everything anew after the other.
        Toolchain::Pinned => target.join("api"),
    };
    fs::create_dir_all(&target)
        .and_then(|()| fs::write(&rustdoc, RUSTDOC))
        .and_then(|()| fs::set_permissions(&rustdoc, fs::Permissions::from_mode(0o755)))
        .map_err(|error| Failure::new(format!("could not write {}: {error}", rustdoc.display())))?;
    let mut command = cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--lib"]);
    command.arg("--target-dir").arg(&target);
    toolchain.choose(&mut command);
    run(command.env("RUSTDOC", rustdoc).env("RUSTDOCFLAGS", FLAGS))?;
    Ok(target.join("doc"))
}
