//! Turns the bytes of an asset into an artifact: checks the digest, unpacks the archive.

use std::io::{self, Read};

use selfup_fetch::{
    Artifact, Compression, Digest, Error, ErrorKind, RunningExecutable,
    archive::{Member, Spool, unpack},
    checked, decompress,
};

use crate::{asset::Packing, release::Asset};

/// Where to find the executable in an archive.
pub(crate) struct Archive {
    member: Member,
    spool: Spool,
}

impl Archive {
    /// Chooses the executable of that name, or else the one with the name of the running executable.
    /// Data that cannot be streamed are buffered next to the running executable.
    pub(crate) fn of(member: Option<&str>, current: &RunningExecutable) -> Self {
        let member = match member {
            Some(path) if path.contains('/') => Member::at(path),
            Some(name) => Member::named(name),
            None => {
                let own = current.path().file_name().unwrap_or_default();
                Member::of_program(own.to_string_lossy())
            }
        };
        Self { member, spool: Spool::beside(current) }
    }
}

/// The error for an archive that cannot be opened.
struct Broken(Option<Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        let again = || Error::new(ErrorKind::Corrupt, "the archive could not be opened before");
        Err(self.0.take().unwrap_or_else(again).into())
    }
}

/// Turns the bytes of an asset into an artifact: checked against its digest, and unpacked.
pub(crate) fn of(
    download: impl Read + Send + 'static,
    asset: &Asset,
    digest: Option<Digest>,
    archive: &Archive,
    place: &str,
) -> Result<Artifact, Error> {
    let packing = Packing::of_name(&asset.name);
    let bytes = checked(download, Some(asset.size), digest.iter().cloned().collect()).named(place);
    let artifact = match packing {
        Packing::File(Compression::None) => {
            let artifact = Artifact::new(bytes).size(asset.size);
            digest.into_iter().fold(artifact, Artifact::digest)
        }
        Packing::File(compression) => {
            let reader = decompress(bytes, compression).map_err(|error| error.at(place))?;
            Artifact::new(reader.named(place))
        }
        Packing::Archive { format, .. } => {
            return Ok(match unpack(bytes, format, &archive.member, &archive.spool) {
                Ok(unpacked) => unpacked.named(place).into_artifact(),
                // The reader returns this error, as for any other file, so that it counts for this
                // file alone.
                Err(error) => Artifact::new(Broken(Some(error.at(place)))),
            });
        }
    };
    Ok(artifact.file_name(packing.strip(&asset.name)))
}
