//! The type [`Key`]: one fd of a set, by name or position.

use std::fmt;

/// One fd of a set: by its name, or by its position from 0.
///
/// A `&str` and a `usize` convert into it. If several fds have the same name, as those of one systemd unit do, the
/// name means the first of them that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key<'a> {
    /// The first fd of that name.
    Name(&'a str),
    /// The fd at that position, which does not change when others are taken.
    Index(usize),
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for Key<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for Key<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Index(index) => write!(f, "at position {index}"),
        }
    }
}
