//! By which credentials requests are signed, if at all.

use std::fmt;

use aws_credential_types::Credentials;

/// As whom to ask.
#[derive(Clone)]
pub(crate) enum Access {
    /// Whoever the SDK's chain finds, in this profile where one is named.
    Chain { profile: Option<String> },
    /// These keys.
    Keys(Credentials),
    /// Nobody: requests are not signed.
    Anonymous,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain { profile } => f.debug_struct("Chain").field("profile", profile).finish(),
            Self::Keys(_) => f.write_str("Keys(…)"),
            Self::Anonymous => f.write_str("Anonymous"),
        }
    }
}
