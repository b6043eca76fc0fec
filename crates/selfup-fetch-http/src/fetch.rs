//! The fetcher as `selfup-fetch` asks for it.

use std::{sync::Arc, time::Duration};

use selfup_fetch::{
    Artifact, Error, Fetch, Offer, Outcome, RunningExecutable, redact, unprotected,
};

use crate::{
    client::Client, decode, http::Http, known_validators::KnownValidators, poll::Poll, signature,
};

impl Fetch for Http {
    fn init(&mut self, _: &RunningExecutable) -> Result<(), Error> {
        self.prepare().map(drop)
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
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
    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        self.prepare()?;
        #[cfg(feature = "manifest")]
        if let (Some(_), Some(poll)) = (&self.offers, &mut self.poll) {
            return selfup_fetch::manifest::look(poll, current);
        }
        // Without manifests nothing is asked.
        let _ = current;
        Ok(None)
    }

    fn report(&mut self, outcome: Outcome) {
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.report(outcome);
        }
        self.memory.report(outcome);
    }

    fn caution(&self, current: &RunningExecutable) -> Option<String> {
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

    fn origin(&self) -> Option<String> {
        Some(redact(&self.settings.url))
    }
}

impl Http {
    fn prepare(&mut self) -> Result<(), Error> {
        if self.poll.is_none() {
            let client = Arc::new(Client::new(&self.settings, self.interval)?);
            self.poll = Some(Poll::new(client));
        }
        Ok(())
    }
}
