//! The order in which a new child takes over from an old one.

/// The order in which a new child takes over from an old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handover {
    /// The new child is ready before the old one drains, so that at every moment one of them accepts.
    ///
    /// Both run at the same time for a while. That takes the memory of two children, and twice
    /// everything else that a child uses, such as connections to a database. Under a limit that fits
    /// only one, the kernel kills the new child at each restart.
    #[default]
    Overlap,
    /// The old child drains and exits before the new one starts.
    ///
    /// This is for programs that cannot run twice at once, and for machines without room for two. New
    /// connections wait in the kernel's queue meanwhile: while the old child drains, up to the terminate
    /// timeout, and while the new one starts. If the new child fails, no child serves until another one
    /// is started.
    Sequential,
}
