//! The asset that holds the signature of another.

use crate::{
    asset::Packing,
    release::{Asset, Release},
};

/// The signature of an asset's executable, if there is one: the asset of the same name, without the
/// ends that tell its packing, and `.minisig`.
///
/// It signs the executable as it is run, not the archive it comes in.
pub(crate) fn beside<'a>(release: &'a Release, asset: &Asset) -> Option<&'a Asset> {
    let name = Packing::of_name(&asset.name).strip(&asset.name);
    release.asset(&format!("{name}.minisig"))
}
