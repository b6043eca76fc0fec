//! Explains why the SDK found no credentials.

use aws_credential_types::provider::error::CredentialsError;
use selfup_fetch::{Error, ErrorKind};

use crate::failure::innermost;

/// Returns the error for a chain of the SDK that found no credentials.
pub(crate) fn missing(error: &CredentialsError, profile: Option<&str>) -> Error {
    let profile = profile
        .map_or_else(|| "AWS_PROFILE or \"default\"".to_owned(), |profile| format!("{profile:?}"));
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Error::new(
            ErrorKind::Denied,
            format!(
                "there are no credentials: not in the environment (AWS_ACCESS_KEY_ID), not in \
                 ~/.aws (profile {profile}), no web identity token, no container's role, no \
                 instance's role; give some with credentials(), or ask with anonymous() if the \
                 bucket is public"
            ),
        ),
        CredentialsError::InvalidConfiguration(_) => Error::new(
            ErrorKind::Configuration,
            format!("the credentials' configuration is broken: {}", innermost(error)),
        ),
        CredentialsError::ProviderTimedOut(_) => {
            Error::new(ErrorKind::TimedOut, "what provides the credentials does not respond")
        }
        _ => Error::new(
            ErrorKind::Unavailable,
            format!("no credentials can be had at the moment: {}", innermost(error)),
        ),
    }
}
