//! What the master prints.

/// What the master prints on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verbosity {
    /// Nothing. The hook for events is called all the same.
    #[doc(alias = "NoWarn")]
    Silent,
    /// Warnings, and a line for each upgrade, commit and rollback.
    #[default]
    Normal,
    /// A line for each event.
    Debug,
}
