//! The unit files of the guest.

use std::fs;
use std::path::Path;

/// The target that is reached when systemd has started.
pub(super) const BOOTED: &str = "booted.target";

/// The targets that every service and socket refers to by default, and nothing behind them.
const TARGETS: &[(&str, &str)] = &[
    (BOOTED, "[Unit]\nRequires=basic.target\nAfter=basic.target\n"),
    ("basic.target", "[Unit]\nRequires=sysinit.target\nAfter=sysinit.target sockets.target\n"),
    ("sysinit.target", "[Unit]\nDefaultDependencies=no\n"),
    ("sockets.target", "[Unit]\nDefaultDependencies=no\n"),
    ("shutdown.target", "[Unit]\nDefaultDependencies=no\n"),
];

/// Writes the targets, and what holds for all services: they run in the sandbox, and each one's
/// output goes to a file.
pub(super) fn write_common(folder: &Path, sandbox: &Path, output: &Path) {
    write(folder, TARGETS);
    let (sandbox, output) = (sandbox.display(), output.display());
    let settings = format!(
        "[Service]\nWorkingDirectory={sandbox}\nStandardOutput=append:{output}/%n\n\
         StandardError=inherit\n"
    );
    write(folder, &[("service.d/sandbox.conf", &settings)]);
}

/// Writes units, or drop-ins by a name such as `app.service.d/test.conf`.
pub(super) fn write(folder: &Path, units: &[(&str, &str)]) {
    for (name, text) in units {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
