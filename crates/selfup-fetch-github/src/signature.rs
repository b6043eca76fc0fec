//! Finds the asset that holds the signature of another.

use crate::{
    asset::Packing,
    release::{Asset, Release},
};

/// The signature of the executable in an asset, if there is one: the asset of the same name, without
/// the suffixes of archives and compression, and with `.minisig`.
///
/// It signs the executable itself, not the archive around it.
pub(crate) fn beside<'a>(release: &'a Release, asset: &Asset) -> Option<&'a Asset> {
    let name = Packing::of_name(&asset.name).strip(&asset.name);
    release.asset(&format!("{name}.minisig"))
}
