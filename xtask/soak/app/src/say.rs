//! Writes the lines that soak reads.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    process,
    sync::OnceLock,
};

/// A line for soak: `!` marks what an operator should look at, `.` the rest of the master's events,
/// `-` what a child did when asked to. In one piece, since others write to the same file, the log:
/// stderr is for selfup, and soak may not read it.
pub(crate) fn say(mark: char, what: fmt::Arguments<'_>) {
    static LOG: OnceLock<io::Result<File>> = OnceLock::new();
    let line = format!("{mark} {} {what}\n", process::id());
    let log = LOG.get_or_init(|| File::options().append(true).open("log"));
    match log.as_ref().map(|mut log| log.write_all(line.as_bytes())) {
        Ok(Ok(())) => {}
        failed => eprintln!("could not write to the log: {failed:?}"),
    }
}
