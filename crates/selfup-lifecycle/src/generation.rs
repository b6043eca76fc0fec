//! The number of a child.

use std::fmt;

/// The number of a child. The first child of a master has 1, and each further child has the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The number of a master's first child.
    pub const FIRST: Self = Self(1);

    /// Returns the generation with this number, or `None` for 0, which no child has.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// Returns the number, which is at least 1.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// Returns the number of the child that is started next.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
