//! The credentials that sign the requests, if any.

use std::fmt;

use aws_credential_types::Credentials;

/// The source of the credentials.
#[derive(Clone)]
pub(crate) enum Access {
    /// The credentials that the chain of the SDK finds, in this profile if one is named.
    Chain { profile: Option<String> },
    /// These keys.
    Keys(Credentials),
    /// None: requests are not signed.
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
