//! Following a manifest: what it offers to this program, and where that is.

use std::{io::Read, sync::Arc};

use selfup_fetch::{
    Artifact, Current, Error, ErrorKind, Outcome, Platform, checked,
    manifest::{Entry, MAX_BYTES, Manifest, Signature},
    redact,
};
use ureq::http::{Method, StatusCode};

use crate::{
    Http,
    body::Body,
    client::Client,
    decode::{checked_artifact, undone},
    exchange::ask,
    http::Pending,
    known_validators::KnownValidators,
    response::Response,
    signature,
    url::Url,
};

/// What was offered to this program.
#[derive(Default)]
pub(crate) struct Offers {
    /// What became of it is decided.
    settled: Option<Offer>,
    /// As in [`Http::pending`].
    pending: Option<Offer>,
}

/// What a manifest has for this platform.
#[derive(Clone)]
struct Offer {
    entry: Entry,
    /// For its file.
    client: Arc<Client>,
    /// Where its signature is, if the manifest says so.
    signature: Option<Url>,
}

/// What was read at a poll.
struct Found {
    offer: Offer,
    manifest: Manifest,
    /// As in [`Http::settled`].
    seen: Option<KnownValidators>,
    place: String,
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

impl Http {
    /// Fetches what the manifest at the configured address offers, if it is new.
    pub(crate) fn follow(&mut self, current: &Current) -> Result<Option<Artifact>, Error> {
        let (offer, seen, signature, signed_anew) = match self.find(current)? {
            Some(found) => {
                let minimum = found.manifest.may_replace(current.version());
                minimum.map_err(|error| error.at(&found.place))?;
                let signature = found.offer.signature(current)?;
                (found.offer, found.seen, signature, false)
            }
            // What was refused may have been signed since.
            None if self.refused.is_some() && current.is_signature_due() => {
                let offer = self.offers.as_ref().and_then(|offers| offers.settled.clone());
                let Some(offer) = offer else { return Ok(None) };
                let signature = offer.signature(current)?;
                if signature == self.refused {
                    return Ok(None);
                }
                (offer, self.settled.clone(), signature, true)
            }
            None => return Ok(None),
        };
        let mut artifact = offer.fetch(current)?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = signed_anew;
        self.pending = Some(Pending { seen, signature });
        if let Some(offers) = &mut self.offers {
            offers.pending = Some(offer);
        }
        Ok(Some(artifact))
    }

    /// What the manifest says of the executable that it offers, whatever was settled.
    pub(crate) fn told(&mut self, current: &Current) -> Result<Option<selfup_fetch::Offer>, Error> {
        let Some(poll) = &mut self.poll else { return Ok(None) };
        let Some(response) = poll.changed(None)? else { return Ok(None) };
        let Found { offer, manifest, place, .. } = Found::read(response, &poll.client)?;
        let mut told = offer.entry.offer();
        if told.is_running(current) != Some(true) {
            manifest.may_replace(current.version()).map_err(|error| error.at(place))?;
        }
        told.signature = offer.signature(current)?.flatten();
        told.file_name = told.file_name.or_else(|| offer.client.url.executable_name());
        Ok(Some(told))
    }

    /// Polls the manifest; finds nothing if what it offers was settled, or is what runs.
    fn find(&mut self, current: &Current) -> Result<Option<Found>, Error> {
        let Self { poll: Some(poll), offers: Some(offers), .. } = self else { return Ok(None) };
        offers.pending = None;
        let Some(response) = poll.changed(self.settled.as_ref())? else { return Ok(None) };
        let found = Found::read(response, &poll.client)?;
        if !offers.has_settled(&found.offer) {
            if !found.offer.entry.is_running(current) {
                return Ok(Some(found));
            }
            self.refused = None;
        }
        // The manifest is another, and what it offers is the same, if perhaps at another address.
        (self.settled, offers.settled) = (found.seen, Some(found.offer));
        Ok(None)
    }
}

impl Found {
    fn read(response: Response, client: &Client) -> Result<Self, Error> {
        let seen =
            KnownValidators::of(response.headers(), client.validators).provable(response.headers());
        let (base, place) = (response.url.clone(), response.place.clone());
        let read = || {
            let manifest = Manifest::parse(&document(response, client)?)?;
            let entry = manifest.for_target(&Platform::current())?.clone();
            let offer = Offer::of(entry, &base, client)?;
            Ok((manifest, offer))
        };
        let (manifest, offer) = read().map_err(|error: Error| error.at(&place))?;
        Ok(Self { offer, manifest, seen, place })
    }
}

/// The bytes of a manifest, and one more if there are too many.
fn document(response: Response, client: &Client) -> Result<Vec<u8>, Error> {
    let coding = response.coding(selfup_fetch::Compression::None)?;
    let place = response.place.clone();
    let body = undone(Box::new(Body::of(response, client.deadlines)), coding, &place)?;
    let mut bytes = Vec::new();
    body.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Offer {
    /// That of a manifest which came from `base`.
    fn of(entry: Entry, base: &Url, client: &Client) -> Result<Self, Error> {
        let file = address(entry.url(), base, client)?;
        let signature = match entry.signature() {
            Some(Signature::Url(url)) => Some(address(url, base, client)?),
            _ => None,
        };
        Ok(Self { client: Arc::new(client.at(file)), signature, entry })
    }

    /// As in [`Http::refused`].
    fn signature(&self, current: &Current) -> Result<Option<Option<String>>, Error> {
        if !current.is_signature_wanted() {
            return Ok(None);
        }
        match (self.entry.signature(), &self.signature) {
            (Some(Signature::Text(text)), _) => Ok(Some(text.clone())),
            (_, Some(url)) => signature::at(&self.client, url),
            (_, None) => signature::of(&self.client),
        }
        .map(Some)
    }

    fn fetch(&self, current: &Current) -> Result<Artifact, Error> {
        let (client, entry) = (&self.client, &self.entry);
        let until = client.deadlines.total_from_now();
        let response = ask(client, &client.url, &Method::GET, &[], until)?;
        if response.status() != StatusCode::OK {
            return Err(response.refused());
        }
        let place = response.place.clone();
        let mut artifact = checked_artifact(response, client, current, |file| {
            Box::new(checked(file, entry.size(), entry.digests().to_vec()).named(place))
        })?;
        artifact.file_name = client.url.executable_name();
        Ok(entry.describe(artifact))
    }
}

/// Where an address in a manifest leads.
fn address(text: &str, base: &Url, client: &Client) -> Result<Url, Error> {
    let refuse = |reason: &str| {
        let reason = format!("the manifest's URL {} cannot be used: {reason}", redact(text));
        Error::new(ErrorKind::Protocol, reason)
    };
    let url = base.join(text.as_bytes()).map_err(|reason| refuse(&reason))?;
    if !url.is_https() && (base.is_https() || client.https_only) {
        return Err(refuse("it is unencrypted http:"));
    }
    Ok(url)
}
