//! One poll: finds out whether there is something new, and returns its artifact.

use std::time::Duration;

use selfup_fetch::{
    Artifact, Compression, Error, Fetch, Offer, Outcome, RunningExecutable, redact, unprotected,
};

#[cfg(feature = "manifest")]
use crate::manifest::InBucket;
use crate::{bucket::Bucket, checksum::Checksum, s3::S3, settings::Source};

impl Fetch for S3 {
    fn init(&mut self, _: &RunningExecutable) -> Result<(), Error> {
        self.source = Some(self.settings.prepare()?);
        Ok(())
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        self.memory.begin();
        let source = self.prepared()?;
        self.poll(&source, current).map_err(|error| error.at(source.place()))
    }

    /// The source of the description is a manifest, or the metadata of the object: its version and, if
    /// the object is not compressed, its checksum.
    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        let source = self.prepared()?;
        self.describe(&source, current).map_err(|error| error.at(source.place()))
    }

    fn report(&mut self, outcome: Outcome) {
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            offers.report(outcome);
        }
        self.memory.report(outcome);
    }

    fn caution(&self, current: &RunningExecutable) -> Option<String> {
        let endpoint = self.settings.endpoint.as_deref()?;
        let is_plain = endpoint.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        if is_plain { unprotected(&redact(endpoint), current) } else { None }
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
        self.settings.interval
    }

    fn origin(&self) -> Option<String> {
        Some(self.settings.origin())
    }
}

impl S3 {
    fn prepared(&mut self) -> Result<Source, Error> {
        Ok(match &self.source {
            Some(source) => source.clone(),
            None => self.source.insert(self.settings.prepare()?).clone(),
        })
    }

    fn describe(
        &mut self,
        source: &Source,
        current: &RunningExecutable,
    ) -> Result<Option<Offer>, Error> {
        let mut bucket = Bucket::open_session(&self.settings, &mut self.kept)?;
        #[cfg(feature = "manifest")]
        if self.offers.is_some() {
            return selfup_fetch::manifest::look(InBucket { bucket, source }, current);
        }
        let object = bucket.head(source)?;
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
            offer.signature = bucket.signature_of(source)?;
        }
        Ok(Some(offer))
    }

    fn poll(
        &mut self,
        source: &Source,
        current: &RunningExecutable,
    ) -> Result<Option<Artifact>, Error> {
        let mut bucket = Bucket::open_session(&self.settings, &mut self.kept)?;
        let memory = &mut self.memory;
        #[cfg(feature = "manifest")]
        if let Some(offers) = &mut self.offers {
            return offers.fetch(InBucket { bucket, source }, memory, current);
        }
        let object = bucket.head(source)?;
        let is_settled = memory.settled().is_some_and(|seen| seen.is_still(&object.seen));
        if is_settled && !(memory.is_refused() && current.is_signature_due()) {
            return Ok(None);
        }
        let signature =
            current.is_signature_wanted().then(|| bucket.signature_of(source)).transpose()?;
        // A refused executable may have been signed since.
        if is_settled && !memory.is_signed_anew(signature.as_ref()) {
            return Ok(None);
        }
        let (response, condition) = bucket.take(source, &object.seen)?;
        let body = bucket.open(source, &object, response, condition, current)?;
        let seen = object.seen.is_provable().then(|| object.seen.clone());
        let mut artifact = object.artifact(body, source)?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = is_settled;
        memory.hand_out(seen, signature);
        Ok(Some(artifact))
    }
}
