//! The number of a child.

use std::fmt;

/// The number of a child: the first is 1, each further one has the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The first child of a master.
    pub const FIRST: Self = Self(1);

    /// The generation with this number; `None` for 0, which no child has.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number, from 1 on.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The number of the child that is started next.
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
