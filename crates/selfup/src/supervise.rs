//! Whether the program runs under a master.

/// Whether the program runs under a master.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Supervise {
    /// Always, where one can run.
    #[default]
    Always,
    /// If it is started by `app selfup start` ([`cli`](crate::cli)). Otherwise the program runs in the process that was
    /// started, with its sockets, as it does where no master can run, but without a warning.
    OnRequest,
}
