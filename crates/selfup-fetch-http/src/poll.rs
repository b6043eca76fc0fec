use std::time::Duration;

use selfup_fetch::{Artifact, Current, Error, Fetch, Outcome};
use ureq::http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::{
    Http,
    answer::Answer,
    decode,
    exchange::ask,
    http::Pending,
    settings::{Prepared, Settings},
    signature, status,
    validators::Seen,
};

/// Checked settings, and what was learnt of the server.
pub(crate) struct Poll {
    prepared: Prepared,
    /// Whether to ask with `HEAD` first. Given up for good once `GET` works where it did not.
    head: bool,
}

impl Fetch for Http {
    fn init(&mut self, _: &Current) -> Result<(), Error> {
        self.prepare().map(drop)
    }

    fn fetch(&mut self, current: &Current) -> Result<Option<Artifact>, Error> {
        self.pending = None;
        self.prepare()?;
        let Some(poll) = &mut self.poll else { return Ok(None) };
        let settings = &self.settings;
        let signature = |poll: &Poll| {
            let wanted = current.is_signature_wanted();
            wanted.then(|| signature::of(settings, &poll.prepared)).transpose()
        };
        let answer = match poll.changed(settings, self.settled.as_ref())? {
            Some(answer) => answer,
            // What was refused may have been signed since.
            None if self.refused.is_some() && signature(poll)? != self.refused => {
                let Some(answer) = poll.got(settings, None, None)? else { return Ok(None) };
                answer
            }
            None => return Ok(None),
        };
        let headers = answer.headers();
        let seen = Seen::of(headers, self.settings.validators).provable(headers);
        let names_gzip = poll.prepared.url.names_gzip();
        let mut artifact = decode::artifact(answer, settings.deadlines, names_gzip)?;
        let signature = signature(poll)?;
        artifact.signature = signature.clone().flatten();
        artifact.file_name = poll.prepared.url.executable_name();
        self.pending = Some(Pending { seen, signature });
        Ok(Some(artifact))
    }

    fn settle(&mut self, outcome: Outcome) {
        if let Some(pending) = self.pending.take()
            && outcome.is_settled()
        {
            self.settled = pending.seen;
            self.refused = pending.signature.filter(|_| outcome == Outcome::Refused);
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

impl Http {
    fn prepare(&mut self) -> Result<(), Error> {
        if self.poll.is_none() {
            let prepared = self.settings.prepare(self.interval)?;
            self.poll = Some(Poll { prepared, head: true });
        }
        Ok(())
    }
}

impl Poll {
    /// Asks for what is not the settled one.
    fn changed(
        &mut self,
        settings: &Settings,
        settled: Option<&Seen>,
    ) -> Result<Option<Answer>, Error> {
        // With nothing to hold the answer against, HEAD could only cost time.
        let Some(settled) = settled else { return self.got(settings, None, None) };
        if !self.head {
            return self.got(settings, Some(settled), settled.condition());
        }
        let head = ask(settings, &self.prepared, &self.prepared.url, &Method::HEAD, None)?;
        if head.status() == StatusCode::OK {
            if settled.is_still(&Seen::of(head.headers(), settings.validators)) {
                return Ok(None);
            }
            return self.got(settings, Some(settled), settled.condition_by_tag());
        }
        if !status::needs_get(head.status()) {
            return Err(head.refused());
        }
        let answer = self.got(settings, Some(settled), settled.condition())?;
        self.head = false;
        Ok(answer)
    }

    /// Gets it, unless it turns out to be the settled one after all.
    fn got(
        &self,
        settings: &Settings,
        settled: Option<&Seen>,
        condition: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Option<Answer>, Error> {
        let (prepared, url) = (&self.prepared, &self.prepared.url);
        let get = |condition| ask(settings, prepared, url, &Method::GET, condition);
        let mut answer = get(condition.as_ref())?;
        if answer.status() == StatusCode::NOT_MODIFIED
            && let Some(settled) = settled
            && condition.is_some()
        {
            if !settled.refutes(answer.headers()) {
                return Ok(None);
            }
            answer = get(None)?;
        }
        if answer.status() != StatusCode::OK {
            return Err(answer.refused());
        }
        let seen = Seen::of(answer.headers(), settings.validators);
        Ok(if settled.is_some_and(|settled| settled.is_still(&seen)) { None } else { Some(answer) })
    }
}
