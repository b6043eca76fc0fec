use selfup_fetch::{Artifact, Compression, Digest, Error, ErrorKind, checked, decompress};

use crate::{asset::Packing, download::Download, release::Asset};

/// Makes an artifact of the bytes of an asset: held against its digest, and unpacked.
pub(crate) fn of(
    download: Download,
    asset: &Asset,
    digest: Option<Digest>,
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
        Packing::Archive(_) => {
            let reason = "archives are not read yet";
            return Err(Error::new(ErrorKind::Configuration, reason).at(place));
        }
    };
    Ok(artifact.file_name(packing.strip(&asset.name)))
}
