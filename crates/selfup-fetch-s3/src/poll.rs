//! One poll: is there something new, and if so, its artifact.

use std::{io::Read, time::Duration};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use selfup_fetch::{
    Artifact, Compression, Current, Error, Fetch, Offer, Outcome, decompress, redact, unprotected,
};

use crate::{
    S3,
    body::Body,
    checksum::Checksum,
    failure::Failure,
    object::{Condition, Object, Seen},
    request,
    resumption::Resumption,
    s3::Pending,
    session::Session,
    settings::Source,
    signature,
};

impl Fetch for S3 {
    fn init(&mut self, _: &Current) -> Result<(), Error> {
        self.source = Some(self.settings.prepare()?);
        Ok(())
    }

    fn fetch(&mut self, current: &Current) -> Result<Option<Artifact>, Error> {
        self.pending = None;
        let source = self.prepared()?;
        self.poll(&source, current).map_err(|error| error.at(source.place()))
    }

    /// A manifest tells, and so does an object that is no compressed file by its checksum, and by
    /// the version in its metadata.
    fn look(&mut self, current: &Current) -> Result<Option<Offer>, Error> {
        let source = self.prepared()?;
        self.told_of(&source, current).map_err(|error| error.at(source.place()))
    }

    fn settle(&mut self, outcome: Outcome) {
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.settle(outcome);
        }
        if let Some(pending) = self.pending.take()
            && (outcome.is_settled() || outcome == Outcome::Doubtful)
        {
            self.settled = pending.seen;
            self.doubtful = outcome == Outcome::Doubtful;
            self.refused = pending.signature.filter(|_| outcome == Outcome::Refused);
        }
    }

    fn caution(&self, current: &Current) -> Option<String> {
        let endpoint = self.settings.endpoint.as_deref()?;
        let is_plain = endpoint.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        if is_plain { unprotected(&redact(endpoint), current) } else { None }
    }

    fn holds_back(&self) -> bool {
        self.doubtful && self.settled.is_some()
    }

    fn retry(&mut self) {
        (self.settled, self.doubtful) = (None, false);
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.forget();
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.settings.interval
    }
}

impl S3 {
    fn prepared(&mut self) -> Result<Source, Error> {
        Ok(match &self.source {
            Some(source) => source.clone(),
            None => self.source.insert(self.settings.prepare()?).clone(),
        })
    }

    fn told_of(&mut self, source: &Source, current: &Current) -> Result<Option<Offer>, Error> {
        let session = Session::open(&self.settings, &mut self.kept)?;
        #[cfg(feature = "manifest")]
        if self.offers.is_some() {
            return self.told(&session, source, current);
        }
        let object = self.head(&session, source)?;
        let mut offer = Offer::new();
        offer.version.clone_from(&object.version);
        offer.file_name = Some(source.file_name().to_owned());
        if object.compression(source) == Compression::None {
            offer.size = Some(object.size);
            offer.digests.extend(object.checksum.as_ref().and_then(Checksum::digest));
        }
        if offer.version.is_none() && offer.digests.is_empty() {
            return Ok(None);
        }
        if current.is_signature_wanted() {
            offer.signature = signature::of(&session, source, &self.settings.access)?;
        }
        Ok(Some(offer))
    }

    fn poll(&mut self, source: &Source, current: &Current) -> Result<Option<Artifact>, Error> {
        let session = Session::open(&self.settings, &mut self.kept)?;
        #[cfg(feature = "manifest")]
        if self.offers.is_some() {
            return self.follow(session, source, current);
        }
        let object = self.head(&session, source)?;
        let is_settled = self.settled.as_ref().is_some_and(|seen| seen.is_still(&object.seen));
        if is_settled && (self.refused.is_none() || !current.is_signature_due()) {
            return Ok(None);
        }
        let access = &self.settings.access;
        let signature = current
            .is_signature_wanted()
            .then(|| signature::of(&session, source, access))
            .transpose()?;
        // What was refused may have been signed since.
        if is_settled && self.refused == signature {
            return Ok(None);
        }
        let (response, condition) = self.take(&session, source, &object.seen)?;
        let access = self.settings.access.clone();
        let line = Resumption::new(session, source.clone(), access, condition, object.size);
        let body = Body::of(response, line, &object, source.place())?;
        let body = current.counted(body, Some(object.size));
        let seen = object.seen.is_provable().then(|| object.seen.clone());
        let mut artifact = artifact(body, source, object)?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = is_settled;
        self.pending = Some(Pending { seen, signature });
        Ok(Some(artifact))
    }

    pub(crate) fn head(&mut self, session: &Session, source: &Source) -> Result<Object, Error> {
        let failure = match request::head(session, source) {
            Ok(head) => return Object::of(&head),
            Err(failure) => failure,
        };
        let failure = match failure {
            Failure::Refused(mute) if mute.is_mute() => match request::why(session, source) {
                Err(Failure::Refused(told)) => Failure::Refused(told),
                Err(_) | Ok(_) => Failure::Refused(mute),
            },
            failure => failure,
        };
        Err(self.explain(failure))
    }

    /// Gets what was looked at.
    ///
    /// To name a version is a right of its own (`s3:GetObjectVersion`). Where it is not given, the
    /// tag is the condition alone, from then on.
    pub(crate) fn take(
        &mut self,
        session: &Session,
        source: &Source,
        seen: &Seen,
    ) -> Result<(GetObjectOutput, Condition), Error> {
        let condition = seen.condition(!self.kept.names_no_version);
        match request::get(session, source, Some(&condition), 0) {
            Ok(response) => Ok((response, condition)),
            Err(Failure::Refused(refusal)) if refusal.is_denied() && condition.has_choice() => {
                let condition = seen.condition(false);
                let response = request::get(session, source, Some(&condition), 0)
                    .map_err(|failure| self.explain(failure))?;
                self.kept.names_no_version = true;
                Ok((response, condition))
            }
            Err(failure) => Err(self.explain(failure)),
        }
    }

    /// The error that it is; credentials that will not do are looked up anew by the next poll.
    fn explain(&mut self, failure: Failure) -> Error {
        if matches!(&failure, Failure::Refused(refusal) if refusal.wants_other_credentials()) {
            self.kept.forget_credentials();
        }
        failure.into_error(&self.settings.access)
    }
}

/// Makes an artifact of the bytes: decompressed, if the key's end or the object's metadata say that
/// they are compressed.
///
/// Both say the same thing twice: S3 keeps the bytes as they are, so nobody compresses on the way.
pub(crate) fn artifact(
    body: impl Read + Send + 'static,
    source: &Source,
    object: Object,
) -> Result<Artifact, Error> {
    let compression = object.compression(source);
    let mut artifact = if compression == Compression::None {
        let plain = Artifact::new(body).size(object.size);
        match object.checksum.and_then(|checksum| checksum.digest()) {
            Some(digest) => plain.digest(digest),
            None => plain,
        }
    } else {
        Artifact::new(decompress(body, compression)?.named(source.place()))
    };
    artifact.version = object.version;
    Ok(artifact.file_name(source.file_name()))
}
