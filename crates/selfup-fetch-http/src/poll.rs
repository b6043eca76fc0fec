//! One poll: is there something new, and if so, its artifact.

use std::{sync::Arc, time::Duration};

use selfup_fetch::{Artifact, Current, Error, ErrorKind, Fetch, Offer, Outcome, unprotected};
use ureq::http::{Method, StatusCode};

use crate::{
    client::Client,
    decode,
    exchange::{Header, ask},
    http::Http,
    known_validators::KnownValidators,
    response::Response,
    signature, status,
};

/// The client, and what was learnt of the server.
pub(crate) struct Poll {
    pub(crate) client: Arc<Client>,
    /// Whether to ask with `HEAD` first. Given up for good once `GET` works where it did not.
    head: bool,
}

impl Fetch for Http {
    fn init(&mut self, _: &Current) -> Result<(), Error> {
        self.prepare().map(drop)
    }

    fn fetch(&mut self, current: &Current) -> Result<Option<Artifact>, Error> {
        self.memory.begin();
        self.prepare()?;
        let Some(poll) = &mut self.poll else { return Ok(None) };
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            return offers.fetch(poll, &mut self.memory, current);
        }
        let memory = &mut self.memory;
        let wanted = current.is_signature_wanted();
        let signature = |poll: &Poll| wanted.then(|| signature::of(&poll.client)).transpose();
        let (response, signed_anew) = match poll.changed(memory.settled())? {
            Some(response) => (response, false),
            // What was refused may have been signed since.
            None if memory.is_refused()
                && current.is_signature_due()
                && memory.is_signed_anew(signature(poll)?.as_ref()) =>
            {
                let Some(response) = poll.got(None, None)? else { return Ok(None) };
                (response, true)
            }
            None => return Ok(None),
        };
        let headers = response.headers();
        let seen = KnownValidators::of(headers, poll.client.validators).provable(headers);
        let mut artifact = decode::artifact(response, &poll.client, current)?;
        let signature = signature(poll)?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = signed_anew;
        artifact.file_name = poll.client.url.executable_name();
        memory.hand_out(seen, signature);
        Ok(Some(artifact))
    }

    /// A manifest tells; the address of an executable does not.
    fn look(&mut self, current: &Current) -> Result<Option<Offer>, Error> {
        self.prepare()?;
        #[cfg(feature = "manifest")]
        if let (Some(_), Some(poll)) = (&self.offers, &mut self.poll) {
            return selfup_fetch::manifest::look(poll, current);
        }
        let _ = current;
        Ok(None)
    }

    fn settle(&mut self, outcome: Outcome) {
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.settle(outcome);
        }
        self.memory.settle(outcome);
    }

    fn caution(&self, current: &Current) -> Option<String> {
        let url = &self.poll.as_ref()?.client.url;
        if url.is_https() { None } else { unprotected(&url.shown(), current) }
    }

    fn holds_back(&self) -> bool {
        self.memory.holds_back()
    }

    fn retry(&mut self) {
        self.memory.retry();
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.forget();
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

impl Http {
    fn prepare(&mut self) -> Result<(), Error> {
        if self.poll.is_none() {
            let client = Arc::new(Client::new(&self.settings, self.interval)?);
            self.poll = Some(Poll { client, head: true });
        }
        Ok(())
    }
}

impl Poll {
    /// Asks for what is not the settled one.
    pub(crate) fn changed(
        &mut self,
        settled: Option<&KnownValidators>,
    ) -> Result<Option<Response>, Error> {
        // With nothing to hold the response against, HEAD could only cost time.
        let Some(settled) = settled else { return self.got(None, None) };
        let look = if self.head { self.look(settled)? } else { Look::Useless };
        let response = match look {
            Look::Unchanged => return Ok(None),
            Look::Changed => self.got(Some(settled), settled.condition_by_tag())?,
            Look::Useless => self.got(Some(settled), settled.condition())?,
        };
        // A HEAD that does not say what GET says costs a request at each poll, and tells nothing.
        let misled = look == Look::Changed && response.is_none();
        self.head &= look != Look::Useless && !misled;
        Ok(response)
    }

    /// Asks with `HEAD`.
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

    /// Gets it, unless it turns out to be the settled one after all.
    fn got(
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

/// What a response to `HEAD` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Unchanged,
    Changed,
    /// Nothing.
    Useless,
}

/// Whether a server may have failed for being asked with `HEAD`: some close the connection on it.
fn is_about_head(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Protocol) && error.is_transient()
}
