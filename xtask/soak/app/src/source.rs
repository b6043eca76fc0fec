//! The source of upgrades, which corrupts a transfer now and then if soak wants that.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    time::Duration,
};

use selfup::fetch::{Artifact, Error, Fetch, File, Outcome, RunningExecutable};
use sha2::{Digest, Sha256};

use crate::broken::Broken;

/// While this file is there, it names the damage to one transfer in five.
const DAMAGE: &str = "corrupt";

/// The file in which a transfer is before it is passed on.
const ARRIVED: &str = "arrived";

/// The first transfer is damaged, and each fifth from there on.
const ONE_IN: u64 = 5;

/// A file whose bytes may not arrive as they are. Its digest does.
pub(crate) struct Unreliable {
    source: File,
    /// The source declares no digest, so that damage is not seen.
    credulous: bool,
    /// The number of transfers since the source became unreliable.
    transfers: u64,
}

impl Unreliable {
    pub(crate) fn new(source: File, broken: Broken) -> Self {
        Self { source, credulous: broken == Broken::Credulous, transfers: 0 }
    }

    fn transfer(&mut self, mut artifact: Artifact, damage: &str) -> Result<Artifact, Error> {
        let (mut file, digest) = arrived(&mut artifact.reader).map_err(Error::from)?;
        if self.credulous {
            artifact.size = None;
        } else {
            artifact.digests.push(digest.parse()?);
        }
        if self.transfers.is_multiple_of(ONE_IN) {
            do_damage(&mut file, damage).map_err(Error::from)?;
        }
        self.transfers += 1;
        file.rewind().map_err(Error::from)?;
        artifact.reader = Box::new(file);
        Ok(artifact)
    }
}

/// What came, in a file that no other process sees, and its digest. It is too much for the master's memory,
/// which soak has an eye on.
fn arrived(from: &mut dyn Read) -> io::Result<(fs::File, String)> {
    let mut file =
        fs::File::options().create(true).truncate(true).read(true).write(true).open(ARRIVED)?;
    fs::remove_file(ARRIVED)?;
    let (mut chunk, mut digest) = ([0; 8 * 1024], Sha256::new());
    loop {
        match from.read(&mut chunk)? {
            0 => break,
            count => {
                file.write_all(&chunk[..count])?;
                digest.update(&chunk[..count]);
            }
        }
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((file, format!("sha256:{digest}")))
}

fn do_damage(file: &mut fs::File, damage: &str) -> io::Result<()> {
    let middle = file.metadata()?.len() / 2;
    if damage == "cut" {
        return file.set_len(middle);
    }
    let mut byte = [0];
    file.seek(SeekFrom::Start(middle))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(middle))?;
    file.write_all(&[byte[0] ^ 0x10])
}

impl Fetch for Unreliable {
    fn init(&mut self, current: &RunningExecutable) -> Result<(), Error> {
        self.source.init(current)
    }

    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        let damage = fs::read_to_string(DAMAGE).ok();
        if damage.is_none() {
            self.transfers = 0;
        }
        match (self.source.fetch(current)?, damage) {
            (Some(artifact), Some(damage)) => self.transfer(artifact, &damage).map(Some),
            (nothing_to_damage, _) => Ok(nothing_to_damage),
        }
    }

    fn report(&mut self, outcome: Outcome) {
        self.source.report(outcome);
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
