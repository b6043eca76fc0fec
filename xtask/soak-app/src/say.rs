use std::{
    fmt,
    io::{Write, stderr},
    process,
};

/// A line for soak: `!` marks what somebody should look at, `.` the rest of the master's events,
/// `-` what a child did when asked to. In one piece, since others write to the same file.
pub(crate) fn say(mark: char, what: fmt::Arguments<'_>) {
    let line = format!("{mark} {} {what}\n", process::id());
    stderr().write_all(line.as_bytes()).ok();
}
