//! Following a manifest: what it offers to this program, and where that is.

use std::io::Read;

use selfup_fetch::{
    Artifact, Compression, Current, Error, ErrorKind, Outcome, Platform, checked, decompress,
    manifest::{Entry, MAX_BYTES, Manifest, Signature},
};

use crate::{
    S3,
    body::Body,
    object::{Object, Seen},
    poll::artifact,
    resumption::Resumption,
    s3::Pending,
    session::Session,
    settings::Source,
    signature::{self, Chunks},
};

/// What was offered to this program.
#[derive(Default)]
pub(crate) struct Offers {
    /// What became of it is decided.
    settled: Option<Offer>,
    /// As in [`S3::pending`].
    pending: Option<Offer>,
}

/// What a manifest has for this platform.
#[derive(Clone)]
struct Offer {
    entry: Entry,
    file: Source,
    /// Where its signature is, if the manifest says so.
    signature: Option<Source>,
}

/// What was read at a poll.
struct Found {
    offer: Offer,
    manifest: Manifest,
    /// As in [`S3::settled`].
    seen: Option<Seen>,
}

impl Offers {
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        let pending = self.pending.take();
        let is_seen = outcome.is_settled() || outcome == Outcome::Doubtful;
        if is_seen && pending.is_some() {
            self.settled = pending;
        }
    }

    /// Has what was offered last brought again.
    pub(crate) fn forget(&mut self) {
        self.settled = None;
    }

    fn has_settled(&self, offer: &Offer) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.entry.is_same(&offer.entry))
    }
}

impl S3 {
    /// Fetches what the manifest at `source` offers, if it is new.
    pub(crate) fn follow(
        &mut self,
        session: Session,
        source: &Source,
        current: &Current,
    ) -> Result<Option<Artifact>, Error> {
        let (offer, seen, signature, signed_anew) = match self.find(&session, source, current)? {
            Some(found) => {
                found.manifest.may_replace(current.version())?;
                let signature = self.signature_of(&found.offer, &session, current)?;
                (found.offer, found.seen, signature, false)
            }
            // What was refused may have been signed since.
            None if self.refused.is_some() && current.is_signature_due() => {
                let offer = self.offers.as_ref().and_then(|offers| offers.settled.clone());
                let Some(offer) = offer else { return Ok(None) };
                let signature = self.signature_of(&offer, &session, current)?;
                if signature == self.refused {
                    return Ok(None);
                }
                (offer, self.settled.clone(), signature, true)
            }
            None => return Ok(None),
        };
        let place = offer.file.place();
        let mut artifact = self.open(session, &offer, current).map_err(|error| error.at(place))?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = signed_anew;
        self.pending = Some(Pending { seen, signature });
        if let Some(offers) = &mut self.offers {
            offers.pending = Some(offer);
        }
        Ok(Some(artifact))
    }

    /// What the manifest says of the executable that it offers, whatever was settled.
    pub(crate) fn told(
        &mut self,
        session: &Session,
        source: &Source,
        current: &Current,
    ) -> Result<Option<selfup_fetch::Offer>, Error> {
        let object = self.head(session, source)?;
        let Found { offer, manifest, .. } = self.read(session, source, &object)?;
        let mut told = offer.entry.offer();
        if told.is_running(current) != Some(true) {
            manifest.may_replace(current.version())?;
        }
        told.signature = self.signature_of(&offer, session, current)?.flatten();
        told.file_name = told.file_name.or_else(|| Some(offer.file.file_name().to_owned()));
        Ok(Some(told))
    }

    /// Polls the manifest; finds nothing if what it offers was settled, or is what runs.
    fn find(
        &mut self,
        session: &Session,
        source: &Source,
        current: &Current,
    ) -> Result<Option<Found>, Error> {
        let object = self.head(session, source)?;
        if self.settled.as_ref().is_some_and(|seen| seen.is_still(&object.seen)) {
            return Ok(None);
        }
        let found = self.read(session, source, &object)?;
        let Some(offers) = &mut self.offers else { return Ok(None) };
        offers.pending = None;
        if !offers.has_settled(&found.offer) {
            if !found.offer.entry.is_running(current) {
                return Ok(Some(found));
            }
            self.refused = None;
        }
        // The manifest is another, and what it offers is the same, if perhaps under another key.
        (self.settled, offers.settled) = (found.seen, Some(found.offer));
        Ok(None)
    }

    fn read(
        &mut self,
        session: &Session,
        source: &Source,
        object: &Object,
    ) -> Result<Found, Error> {
        let (response, _) = self.take(session, source, &object.seen)?;
        let compression = if object.is_coded { Compression::Gzip } else { Compression::None };
        let text = decompress(Chunks::of(response, session), compression)?;
        // One more shows that it is too long.
        let mut bytes = Vec::new();
        text.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let manifest = Manifest::parse(&bytes)?;
        let entry = manifest.for_target(&Platform::current())?.clone();
        let offer = Offer::of(entry, source)?;
        let seen = object.seen.is_provable().then(|| object.seen.clone());
        Ok(Found { offer, manifest, seen })
    }

    /// As in [`S3::refused`].
    fn signature_of(
        &self,
        offer: &Offer,
        session: &Session,
        current: &Current,
    ) -> Result<Option<Option<String>>, Error> {
        if !current.is_signature_wanted() {
            return Ok(None);
        }
        let access = &self.settings.access;
        match (offer.entry.signature(), &offer.signature) {
            (Some(Signature::Text(text)), _) => Ok(Some(text.clone())),
            (_, Some(place)) => signature::at(session, place, access),
            (_, None) => signature::of(session, &offer.file, access),
        }
        .map(Some)
    }

    fn open(
        &mut self,
        session: Session,
        offer: &Offer,
        current: &Current,
    ) -> Result<Artifact, Error> {
        let (file, entry) = (&offer.file, &offer.entry);
        let object = self.head(&session, file)?;
        let (response, condition) = self.take(&session, file, &object.seen)?;
        let access = self.settings.access.clone();
        let line = Resumption::new(session, file.clone(), access, condition, object.size);
        let body = Body::of(response, line, &object, file.place())?;
        let body = current.counted(body, Some(object.size));
        let body = checked(body, entry.size(), entry.digests().to_vec()).named(file.place());
        Ok(entry.describe(artifact(body, file, object)?))
    }
}

impl Offer {
    /// That of a manifest at `source`.
    fn of(entry: Entry, source: &Source) -> Result<Self, Error> {
        let file = object(entry.url(), source)?;
        let signature = match entry.signature() {
            Some(Signature::Url(url)) => Some(object(url, source)?),
            _ => None,
        };
        Ok(Self { entry, file, signature })
    }
}

/// Where an address in a manifest leads.
fn object(address: &str, source: &Source) -> Result<Source, Error> {
    source.relative(address).map_err(|reason| {
        let shown = selfup_fetch::redact(address);
        let reason = format!("the manifest's URL {shown} cannot be used: {reason}");
        Error::new(ErrorKind::Protocol, reason)
    })
}
