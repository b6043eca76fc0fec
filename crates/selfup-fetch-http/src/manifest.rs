//! A manifest at a URL: resolves the locations of its files, and fetches them.

use std::sync::Arc;

use selfup_fetch::{
    Artifact, Compression, Error, ErrorKind, RunningExecutable, checked,
    manifest::{Entry, Found, Manifest, Offered, Published, Signature},
    redact,
};
use ureq::http::{Method, StatusCode};

use crate::{
    body::Body, client::Client, coding::undone, decode::checked_artifact, exchange::ask,
    known_validators::KnownValidators, poll::Poll, response::Response, signature, url::Url,
};

/// The location of a file.
#[derive(Clone)]
pub(crate) struct Place {
    client: Arc<Client>,
    /// The location of its signature, if the manifest names one.
    signature: Option<Url>,
}

impl Published for &mut Poll {
    type Mark = KnownValidators;
    type Place = Place;

    fn changed(
        &mut self,
        settled: Option<&KnownValidators>,
    ) -> Result<Option<Found<KnownValidators, Place>>, Error> {
        let Some(response) = Poll::changed(self, settled)? else { return Ok(None) };
        let client = &self.client;
        let headers = response.headers();
        let seen = KnownValidators::of(headers, client.validators).provable(headers);
        let (base, shown) = (response.url.clone(), response.place.clone());
        let manifest = read(response, client).map_err(|error| error.at(&shown))?;
        Found::of(manifest, seen, shown, |entry| Place::of(entry, &base, client)).map(Some)
    }

    fn signature(&mut self, place: &Place) -> Result<Option<String>, Error> {
        match &place.signature {
            Some(url) => signature::at(&place.client, url),
            None => signature::of(&place.client),
        }
    }

    fn file_name(&self, place: &Place) -> Option<String> {
        place.client.url.executable_name()
    }

    fn open(
        self,
        offered: &Offered<Place>,
        current: &RunningExecutable,
    ) -> Result<Artifact, Error> {
        let (client, entry) = (&offered.place().client, offered.entry());
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

fn read(response: Response, client: &Client) -> Result<Manifest, Error> {
    let coding = response.coding(Compression::None)?;
    let place = response.place.clone();
    Manifest::read(undone(Box::new(Body::of(response, client.deadlines)), coding, &place)?)
}

impl Place {
    /// The location that a manifest at `base` gives.
    fn of(entry: &Entry, base: &Url, client: &Client) -> Result<Self, Error> {
        let file = url(entry.url(), base, client)?;
        let signature = match entry.signature() {
            Some(Signature::Url(text)) => Some(url(text, base, client)?),
            _ => None,
        };
        Ok(Self { client: Arc::new(client.at(file)), signature })
    }
}

/// Resolves a URL in a manifest. A manifest from `https:` may lead to `https:` only.
fn url(text: &str, base: &Url, client: &Client) -> Result<Url, Error> {
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
