//! A manifest in a bucket: resolves the locations of its files, and fetches them.

use selfup_fetch::{
    Artifact, Compression, Error, ErrorKind, RunningExecutable, checked, decompress,
    manifest::{Entry, Found, Manifest, Offered, Published, Signature},
};

use crate::{bucket::Bucket, object::Seen, settings::Source, signature::Chunks};

/// The location of a file.
#[derive(Clone)]
pub(crate) struct Place {
    file: Source,
    /// The location of its signature, if the manifest names one.
    signature: Option<Source>,
}

/// The manifest at `source`.
pub(crate) struct InBucket<'a> {
    pub(crate) bucket: Bucket<'a>,
    pub(crate) source: &'a Source,
}

impl Published for InBucket<'_> {
    type Mark = Seen;
    type Place = Place;

    fn changed(&mut self, settled: Option<&Seen>) -> Result<Option<Found<Seen, Place>>, Error> {
        let object = self.bucket.head(self.source)?;
        if settled.is_some_and(|seen| seen.is_still(&object.seen)) {
            return Ok(None);
        }
        let (response, _) = self.bucket.take(self.source, &object.seen)?;
        let compression = if object.is_coded { Compression::Gzip } else { Compression::None };
        let text = decompress(Chunks::of(response, &self.bucket.session), compression)?;
        let manifest = Manifest::read(text)?;
        let seen = object.seen.is_provable().then(|| object.seen.clone());
        let place = |entry: &Entry| Place::of(entry, self.source);
        Found::of(manifest, seen, self.source.place(), place).map(Some)
    }

    fn signature(&mut self, place: &Place) -> Result<Option<String>, Error> {
        match &place.signature {
            Some(source) => self.bucket.signature_at(source),
            None => self.bucket.signature_of(&place.file),
        }
    }

    fn file_name(&self, place: &Place) -> Option<String> {
        Some(place.file.file_name().to_owned())
    }

    fn open(
        mut self,
        offered: &Offered<Place>,
        current: &RunningExecutable,
    ) -> Result<Artifact, Error> {
        let (file, entry) = (&offered.place().file, offered.entry());
        let mut open = || {
            let object = self.bucket.head(file)?;
            let (response, condition) = self.bucket.take(file, &object.seen)?;
            Ok((object, response, condition))
        };
        let named = |error: Error| error.at(file.place());
        let (object, response, condition) = open().map_err(named)?;
        let opened = self.bucket.open(file, &object, response, condition, current);
        let body = opened.map_err(named)?;
        let body = checked(body, entry.size(), entry.digests().to_vec()).named(file.place());
        Ok(entry.describe(object.artifact(body, file).map_err(named)?))
    }
}

impl Place {
    /// The location that a manifest at `source` gives.
    fn of(entry: &Entry, source: &Source) -> Result<Self, Error> {
        let file = object(entry.url(), source)?;
        let signature = match entry.signature() {
            Some(Signature::Url(url)) => Some(object(url, source)?),
            _ => None,
        };
        Ok(Self { file, signature })
    }
}

/// Resolves a URL in a manifest.
fn object(url: &str, source: &Source) -> Result<Source, Error> {
    source.relative(url).map_err(|reason| {
        let shown = selfup_fetch::redact(url);
        let reason = format!("the manifest's URL {shown} cannot be used: {reason}");
        Error::new(ErrorKind::Protocol, reason)
    })
}
