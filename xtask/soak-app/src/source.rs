//! The source of upgrades, which corrupts a transfer now and then if soak wants that.

use std::{
    fs,
    io::{Cursor, Read},
    time::Duration,
};

use selfup::fetch::{Artifact, Current, Error, Fetch, File, Outcome};
use sha2::{Digest, Sha256};

use crate::broken::Broken;

/// While it is there, it says what becomes of one transfer in five.
const DAMAGE: &str = "corrupt";

/// The first is damaged, and each fifth from there on.
const ONE_IN: u64 = 5;

/// A file whose bytes may not arrive as they are. Its digest does.
pub(crate) struct Unreliable {
    source: File,
    /// Nothing is said of what comes, so that damage is not seen.
    credulous: bool,
    /// Since it became unreliable.
    transfers: u64,
}

impl Unreliable {
    pub(crate) fn new(source: File, broken: Broken) -> Self {
        Self { source, credulous: broken == Broken::Credulous, transfers: 0 }
    }

    fn transfer(&mut self, mut artifact: Artifact, damage: &str) -> Result<Artifact, Error> {
        let mut bytes = Vec::new();
        artifact.reader.read_to_end(&mut bytes).map_err(Error::from)?;
        if self.credulous {
            artifact.size = None;
        } else {
            let digest = Sha256::digest(&bytes);
            let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            artifact.digests.push(format!("sha256:{hexadecimal}").parse()?);
        }
        if self.transfers.is_multiple_of(ONE_IN) {
            let middle = bytes.len() / 2;
            if damage == "flip" {
                bytes[middle] ^= 0x10;
            } else {
                bytes.truncate(middle);
            }
        }
        self.transfers += 1;
        artifact.reader = Box::new(Cursor::new(bytes));
        Ok(artifact)
    }
}

impl Fetch for Unreliable {
    fn init(&mut self, current: &Current) -> Result<(), Error> {
        self.source.init(current)
    }

    fn fetch(&mut self, current: &Current) -> Result<Option<Artifact>, Error> {
        let damage = fs::read_to_string(DAMAGE).ok();
        if damage.is_none() {
            self.transfers = 0;
        }
        match (self.source.fetch(current)?, damage) {
            (Some(artifact), Some(damage)) => self.transfer(artifact, &damage).map(Some),
            (nothing_to_damage, _) => Ok(nothing_to_damage),
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        self.source.settle(outcome);
    }

    fn holds_back(&self) -> bool {
        self.source.holds_back()
    }

    fn retry(&mut self) {
        self.source.retry();
    }

    fn interval(&self) -> Option<Duration> {
        Fetch::interval(&self.source)
    }
}
