//! Refuses credentials over `http:`, and TLS in a build without it, wherever the endpoint comes from.

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};
use http::Uri;
use selfup_fetch::is_loopback;

use crate::tls::{KNOWS_TLS, NO_TLS};

/// The end of a sentence about a source.
pub(crate) const REFUSAL: &str = "signed requests are not sent over http:, where anybody on the way \
     can read a session token and change the response; use https: for the endpoint, anonymous(), or allow \
     it by allow_insecure_credentials(true)";

/// Whether others can read requests to this endpoint.
pub(crate) fn is_exposed(uri: &Uri) -> bool {
    uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback)
}

/// Stops requests with credentials to an `http:` endpoint of the environment or a profile, which is not
/// known earlier, and requests over TLS in a build without it.
#[derive(Debug)]
pub(crate) struct Stop {
    /// Whether anyone may read the credentials.
    pub(crate) may_be_read: bool,
}

impl Intercept for Stop {
    fn name(&self) -> &'static str {
        "what may be sent there"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri: Uri = context.request().uri().parse()?;
        if !KNOWS_TLS && uri.scheme_str() == Some("https") {
            return Err(NO_TLS.into());
        }
        if !self.may_be_read && is_exposed(&uri) { Err(REFUSAL.into()) } else { Ok(()) }
    }
}
