//! One poll: finds out whether there is something new, and returns its artifact.

use std::sync::Arc;

use selfup_fetch::{Error, ErrorKind};
use ureq::http::{Method, StatusCode};

use crate::{
    client::Client,
    exchange::{Header, ask},
    known_validators::KnownValidators,
    response::Response,
    status,
};

/// The client, and its knowledge of the server.
pub(crate) struct Poll {
    pub(crate) client: Arc<Client>,
    /// Whether to send a `HEAD` first. Given up for good once `GET` works where `HEAD` failed.
    head: bool,
}

impl Poll {
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self { client, head: true }
    }

    /// Requests a file other than the settled one.
    pub(crate) fn changed(
        &mut self,
        settled: Option<&KnownValidators>,
    ) -> Result<Option<Response>, Error> {
        // With nothing to compare the response with, HEAD could only cost time.
        let Some(settled) = settled else { return self.got(None, None) };
        let look = if self.head { self.look(settled)? } else { Look::Useless };
        let response = match look {
            Look::Unchanged => return Ok(None),
            Look::Changed => self.got(Some(settled), settled.condition_by_tag())?,
            Look::Useless => self.got(Some(settled), settled.condition())?,
        };
        // A HEAD whose headers differ from those of GET costs a request per poll for nothing.
        let misled = look == Look::Changed && response.is_none();
        self.head &= look != Look::Useless && !misled;
        Ok(response)
    }

    /// Sends a `HEAD`.
    fn look(&self, settled: &KnownValidators) -> Result<Look, Error> {
        let head = match self.ask(&Method::HEAD, &[]) {
            Ok(head) => head,
            Err(error) if is_about_head(&error) => return Ok(Look::Useless),
            Err(error) => return Err(error),
        };
        if head.status() == StatusCode::OK {
            let now = KnownValidators::of(head.headers(), self.client.validators);
            return Ok(if settled.is_still(&now) { Look::Unchanged } else { Look::Changed });
        }
        if status::needs_get(head.status(), head.asks_to_wait()) {
            Ok(Look::Useless)
        } else {
            Err(head.refused())
        }
    }

    /// Sends a `GET`, and returns the artifact unless it is the settled one after all.
    pub(crate) fn got(
        &self,
        settled: Option<&KnownValidators>,
        condition: Option<Header>,
    ) -> Result<Option<Response>, Error> {
        let mut response = self.ask(&Method::GET, condition.as_slice())?;
        if response.status() == StatusCode::NOT_MODIFIED
            && let Some(settled) = settled
            && condition.is_some()
        {
            if !settled.refutes(response.headers()) {
                return Ok(None);
            }
            response = self.ask(&Method::GET, &[])?;
        }
        if response.status() != StatusCode::OK {
            return Err(response.refused());
        }
        let seen = KnownValidators::of(response.headers(), self.client.validators);
        Ok(if settled.is_some_and(|settled| settled.is_still(&seen)) {
            None
        } else {
            Some(response)
        })
    }

    fn ask(&self, method: &Method, more: &[Header]) -> Result<Response, Error> {
        let client = &self.client;
        ask(client, &client.url, method, more, client.deadlines.total_from_now())
    }
}

/// The result of a `HEAD`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Unchanged,
    Changed,
    /// It shows nothing.
    Useless,
}

/// Whether a server may have failed because of the `HEAD`: some close the connection on it.
fn is_about_head(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Protocol) && error.is_transient()
}
