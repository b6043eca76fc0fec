//! Follows a manifest from poll to poll, over any protocol.

use crate::{
    artifact::Artifact, error::Error, fetch::Outcome, offer::Offer, parts::Memory,
    running_executable::RunningExecutable, template::Platform,
};

use super::{
    document::Manifest,
    entry::{Entry, Signature},
};

/// The release that a manifest offers to this program, and its place, a type of the protocol.
#[derive(Debug, Clone)]
pub struct Offered<P> {
    entry: Entry,
    place: P,
}

/// The result of reading the manifest in a poll.
#[derive(Debug)]
pub struct Found<S, P> {
    manifest: Manifest,
    offered: Offered<P>,
    mark: Option<S>,
    shown: String,
}

/// The result of [`Published::changed`].
pub type FoundBy<S> = Found<<S as Published>::Mark, <S as Published>::Place>;

/// A place where a manifest is published, with the protocol that fetches it and its files.
pub trait Published {
    /// A mark that differs between states of the manifest.
    type Mark: Clone;
    /// The place of a file and of its signature.
    type Place: Clone;

    /// Reads the manifest, unless it is still the settled one.
    ///
    /// # Errors
    ///
    /// Those of the protocol and of the manifest.
    fn changed(&mut self, settled: Option<&Self::Mark>) -> Result<Option<FoundBy<Self>>, Error>;

    /// Reads the signature of a file, if there is one outside the manifest.
    ///
    /// # Errors
    ///
    /// Those of the protocol.
    fn signature(&mut self, place: &Self::Place) -> Result<Option<String>, Error>;

    /// The name of the executable in a file, by the place of the file.
    fn file_name(&self, place: &Self::Place) -> Option<String>;

    /// Fetches a file, which is checked against its size and digests in the manifest.
    ///
    /// # Errors
    ///
    /// Those of the protocol.
    fn open(
        self,
        offered: &Offered<Self::Place>,
        current: &RunningExecutable,
    ) -> Result<Artifact, Error>;
}

/// The release that was offered to this program, and its outcome.
#[derive(Debug)]
pub struct Offers<P> {
    settled: Option<Offered<P>>,
    pending: Option<Offered<P>>,
}

impl<P> Offered<P> {
    /// The entry of the manifest.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The place of the file.
    #[must_use]
    pub const fn place(&self) -> &P {
        &self.place
    }
}

impl<S, P> Found<S, P> {
    /// Returns the entry of a manifest for this platform. `mark` is the mark of the manifest, `shown`
    /// its URL for errors, and `place` resolves the place of a file.
    ///
    /// # Errors
    ///
    /// If there is no entry for this platform, or `place` fails.
    pub fn of(
        manifest: Manifest,
        mark: Option<S>,
        shown: String,
        place: impl FnOnce(&Entry) -> Result<P, Error>,
    ) -> Result<Self, Error> {
        let found = manifest.for_target(&Platform::current()).cloned();
        let offered = found
            .and_then(|entry| Ok(Offered { place: place(&entry)?, entry }))
            .map_err(|error| error.at(&shown))?;
        Ok(Self { manifest, offered, mark, shown })
    }

    fn may_replace(&self, current: &RunningExecutable) -> Result<(), Error> {
        self.manifest.may_replace(current.version()).map_err(|error| error.at(&self.shown))
    }
}

impl<P> Default for Offers<P> {
    fn default() -> Self {
        Self { settled: None, pending: None }
    }
}

impl<P: Clone> Offers<P> {
    /// Fetches the release that a manifest offers, if it is new.
    ///
    /// # Errors
    ///
    /// Those of the protocol and of the manifest.
    pub fn fetch<S: Published<Place = P>>(
        &mut self,
        mut source: S,
        memory: &mut Memory<S::Mark>,
        current: &RunningExecutable,
    ) -> Result<Option<Artifact>, Error> {
        self.pending = None;
        let (offered, mark, signature, signed_anew) =
            match self.find(&mut source, memory, current)? {
                Some(found) => {
                    found.may_replace(current)?;
                    let signature = signature(&mut source, &found.offered, current)?;
                    (found.offered, found.mark, signature, false)
                }
                // A refused executable may have been signed since.
                None if memory.is_refused() && current.is_signature_due() => {
                    let Some(offered) = self.settled.clone() else { return Ok(None) };
                    let signature = signature(&mut source, &offered, current)?;
                    if !memory.is_signed_anew(signature.as_ref()) {
                        return Ok(None);
                    }
                    (offered, memory.settled().cloned(), signature, true)
                }
                None => return Ok(None),
            };
        let mut artifact = source.open(&offered, current)?;
        artifact.signature = signature.clone().flatten();
        artifact.signed_anew = signed_anew;
        memory.hand_out(mark, signature);
        self.pending = Some(offered);
        Ok(Some(artifact))
    }

    /// As [`Fetch::report`](crate::Fetch::report).
    pub fn report(&mut self, outcome: Outcome) {
        let pending = self.pending.take();
        let is_seen = outcome.is_final() || outcome == Outcome::Doubtful;
        if is_seen && pending.is_some() {
            self.settled = pending;
        }
    }

    /// Lets the next poll return the last offer again.
    pub fn forget(&mut self) {
        self.settled = None;
    }

    /// Polls the manifest. Returns `None` if its offer is settled or already running.
    fn find<S: Published<Place = P>>(
        &mut self,
        source: &mut S,
        memory: &mut Memory<S::Mark>,
        current: &RunningExecutable,
    ) -> Result<Option<Found<S::Mark, P>>, Error> {
        let Some(found) = source.changed(memory.settled())? else { return Ok(None) };
        let entry = &found.offered.entry;
        if !self.settled.as_ref().is_some_and(|settled| settled.entry.is_same(entry)) {
            if !entry.is_running(current) {
                return Ok(Some(found));
            }
            memory.forget_refusal();
        }
        // The manifest has changed, but it offers the same executable, perhaps in another place.
        memory.renew(found.mark);
        self.settled = Some(found.offered);
        Ok(None)
    }
}

/// Describes the executable that a manifest offers, settled or not.
///
/// # Errors
///
/// Those of the protocol and of the manifest.
pub fn look<S: Published>(
    mut source: S,
    current: &RunningExecutable,
) -> Result<Option<Offer>, Error> {
    let Some(found) = source.changed(None)? else { return Ok(None) };
    let mut offer = found.offered.entry.offer();
    if offer.is_running(current) != Some(true) {
        found.may_replace(current)?;
    }
    offer.signature = signature(&mut source, &found.offered, current)?.flatten();
    offer.file_name = offer.file_name.or_else(|| source.file_name(&found.offered.place));
    Ok(Some(offer))
}

/// Reads the signature, if one is wanted; an inner `None` means that there is none.
fn signature<S: Published>(
    source: &mut S,
    offered: &Offered<S::Place>,
    current: &RunningExecutable,
) -> Result<Option<Option<String>>, Error> {
    if !current.is_signature_wanted() {
        return Ok(None);
    }
    match offered.entry.signature() {
        Some(Signature::Text(text)) => Ok(Some(text.clone())),
        _ => source.signature(&offered.place),
    }
    .map(Some)
}
