//! In which order the old and the new child take turns.

/// In which order the old and the new child take turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handover {
    /// The new child is ready before the old one drains, so that one of them accepts at every
    /// moment. Both run at the same time for a while, which needs the memory of two (and twice what
    /// else each of them takes, such as connections to a database): a limit that fits one has the
    /// kernel kill the new child at each restart.
    #[default]
    Overlap,
    /// The old child finishes and exits before the new one starts, for programs that cannot run
    /// twice at once, or where there is no room for two. New connections wait in the kernel's queue
    /// meanwhile: as long as the old child finishes, up to the terminate timeout, and the new one
    /// starts. If the new one fails, nobody serves until another is started.
    Sequential,
}
