//! The two ways from one process to the next.

/// How the next executable takes over from this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// The process starts its successor and ends when that is ready. The pid changes. For a service manager that
    /// follows it: systemd, by `MAINPID=` or by a pid file.
    Single,
    /// The process starts a helper. When that serves, the process finishes its connections and executes the new file
    /// in its own place; then the helper ends. The pid stays. For supervisord, runit, s6 and whatever else waits for
    /// the process that it has started.
    Double,
}
