//! Whether the source of upgrades can be asked.

/// Whether the source of upgrades can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// There is none: only what operators order is installed.
    Missing,
    /// The fetcher could not begin yet.
    NotBegun,
    Begun,
    /// It is not asked any more, for this reason.
    Disabled(String),
}

impl Source {
    /// Why it cannot be asked, if it cannot.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::Missing => Some("the service has no source of upgrades".to_owned()),
            Self::NotBegun => Some("the source could not be asked yet".to_owned()),
            Self::Disabled(reason) => Some(format!("fetching is disabled: {reason}")),
            Self::Begun => None,
        }
    }
}
