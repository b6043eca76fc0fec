//! One poll: finds out whether there is something new, and returns its artifact.

use std::time::Duration;

use selfup_fetch::{
    Artifact, Compression, Error, Fetch, Offer, Outcome, RunningExecutable, unprotected,
};

use crate::{
    api::Api,
    artifact,
    asset::Packing,
    checksum,
    download::Download,
    github::GitHub,
    release::{Asset, Identity},
    session::Session,
    signature,
};

impl Fetch for GitHub {
    fn init(&mut self, _: &RunningExecutable) -> Result<(), Error> {
        self.prepare()
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        self.memory.begin();
        self.prepare()?;
        let place = self.settings.place();
        self.poll(current).map_err(|error| error.at(place))
    }

    fn look(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        self.prepare()?;
        let place = self.settings.place();
        self.described(current).map_err(|error| error.at(place))
    }

    fn report(&mut self, outcome: Outcome) {
        self.memory.report(outcome);
    }

    fn caution(&self, current: &RunningExecutable) -> Option<String> {
        let base = &self.prepared.as_ref()?.base;
        if base.scheme() == "https" { None } else { unprotected(base.as_str(), current) }
    }

    fn holds_back(&self) -> bool {
        self.memory.holds_back()
    }

    fn retry(&mut self) {
        self.memory.retry();
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.interval)
    }

    fn origin(&self) -> Option<String> {
        Some(self.settings.place())
    }
}

impl GitHub {
    fn prepare(&mut self) -> Result<(), Error> {
        if self.prepared.is_none() {
            self.prepared = Some(self.settings.prepare()?);
        }
        Ok(())
    }

    /// Describes the executable for this platform by the API, settled or not.
    fn described(&mut self, current: &RunningExecutable) -> Result<Option<Offer>, Error> {
        self.limit.check()?;
        let Some(prepared) = &self.prepared else { return Ok(None) };
        let session = Session::open(prepared)?;
        let settings = &self.settings;
        let mut api = Api { session: &session, prepared, settings, limit: &mut self.limit };
        let release = self.listing.wanted(&mut api)?;
        let asset = settings.wanted.choose(&release, &settings.repo, &prepared.platform)?;
        let mut offer = Offer::new().version(release.version());
        let packing = Packing::of_name(&asset.name);
        if let Packing::File(_) = packing {
            offer.file_name = Some(packing.strip(&asset.name).to_owned());
        }
        if let Packing::File(Compression::None) = packing {
            offer.size = Some(asset.size);
            offer.digests = match asset.digest() {
                Some(digest) => vec![digest],
                None => checksum::of(&mut api, &release, asset)?.into_iter().collect(),
            };
        }
        let signature = signature::beside(&release, asset);
        let signature = signature.filter(|_| current.is_signature_wanted());
        offer.signature = signature.map(|signature| api.text(signature)).transpose()?;
        Ok(Some(offer))
    }

    fn poll(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        // Check this before anything costly is created.
        self.limit.check()?;
        let Some(prepared) = &self.prepared else { return Ok(None) };
        let session = Session::open(prepared)?;
        let settings = &self.settings;
        let mut api = Api { session: &session, prepared, settings, limit: &mut self.limit };

        let release = self.listing.wanted(&mut api)?;
        let asset = settings.wanted.choose(&release, &settings.repo, &prepared.platform)?;
        let signature = signature::beside(&release, asset);
        let wanted = current.is_signature_wanted();
        let identity = Identity { release: release.id, asset: asset.stamp() };
        let stamp = wanted.then(|| signature.map(Asset::stamp));
        let is_settled = self.memory.settled() == Some(&identity);
        let signed_anew = is_settled && self.memory.is_signed_anew(stamp.as_ref());
        if is_settled && !(signed_anew && current.is_signature_due()) {
            return Ok(None);
        }

        let digest = match asset.digest() {
            Some(digest) => Some(digest),
            None => checksum::of(&mut api, &release, asset)?,
        };
        let signature = signature.filter(|_| wanted).map(|it| api.text(it)).transpose()?;
        let response = api.bytes(asset)?;
        let place = format!("{} of {}", asset.name, settings.place());
        let deadlines = prepared.deadlines;
        let download = Download::of(session, response, deadlines, asset.size, place.clone())?;
        let download = current.counted(download, Some(asset.size));
        let archive = artifact::Archive::of(settings.member.as_deref(), current);
        let mut artifact = artifact::of(download, asset, digest, &archive, &place)?;
        artifact.version = Some(release.version().to_owned());
        artifact.signature = signature;
        artifact.signed_anew = signed_anew;
        self.memory.hand_out(Some(identity), stamp);
        Ok(Some(artifact))
    }
}
