//! Chooses the asset of a release.

mod packing;
mod platform;
mod template;
mod words;

use std::fmt;

use selfup_fetch::{Error, ErrorKind, Platform};

use crate::release::{Asset, Release};

pub(crate) use packing::Packing;

/// The rule that chooses an asset of a release.
pub(crate) enum Wanted {
    /// The asset whose name fits this platform.
    ForPlatform,
    /// The asset whose name matches a template.
    Named(String),
    /// The asset for which this predicate returns true.
    Matching(Box<dyn Fn(&str) -> bool + Send>),
}

impl Wanted {
    /// Checks everything that can be checked without a release.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Named(template) => template::check(template),
            Self::ForPlatform | Self::Matching(_) => Ok(()),
        }
    }

    /// Returns the one wanted asset of a release.
    pub(crate) fn choose<'a>(
        &self,
        release: &'a Release,
        repo: &str,
        platform: &Platform,
    ) -> Result<&'a Asset, Error> {
        match self {
            Self::Named(template) => {
                let name = template::name(template, release, platform)?;
                release.asset(&name).ok_or_else(|| {
                    if let Some(late) = late(release, |other| other == name) {
                        return late;
                    }
                    let kind = if template::is_of_platform(template) {
                        ErrorKind::NoneForPlatform
                    } else {
                        ErrorKind::NotFound
                    };
                    none(release, kind, &format!("is named {name:?}"))
                })
            }
            Self::Matching(is_it) => {
                let matching: Vec<_> =
                    candidates(release).filter(|asset| is_it(&asset.name)).collect();
                if matching.is_empty()
                    && let Some(late) = late(release, |name| is_it(name))
                {
                    return Err(late);
                }
                only(matching, release, "the predicate says yes to", "make it stricter")
            }
            Self::ForPlatform => for_platform(release, repo, platform),
        }
    }
}

/// Returns the best asset for the platform. If it is packed in several ways, the cheapest to unpack.
fn for_platform<'a>(
    release: &'a Release,
    repo: &str,
    platform: &Platform,
) -> Result<&'a Asset, Error> {
    let fit = |asset: &Asset| platform::fit(platform, &words::of(&asset.name, repo));
    let ranked: Vec<_> = candidates(release).filter_map(|a| Some((fit(a)?, a))).collect();
    let best = ranked.iter().map(|(fit, _)| *fit).max();
    let mut matching: Vec<&Asset> =
        ranked.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, asset)| asset).collect();
    matching.sort_by_key(|asset| Packing::of_name(&asset.name).order());
    let stem = |asset: &Asset| Packing::of_name(&asset.name).strip(&asset.name).to_owned();
    if let Some((first, rest)) = matching.split_first()
        && rest.iter().all(|asset| stem(asset) == stem(first))
    {
        return Ok(first);
    }
    if matching.is_empty() {
        let is_ours = |name: &str| platform::fit(platform, &words::of(name, repo)).is_some();
        return Err(late(release, is_ours).unwrap_or_else(|| {
            let that = format!("says that it is for {}", shown(platform));
            none(release, ErrorKind::NoneForPlatform, &that)
        }));
    }
    let what = format!("the names that are for {} are", shown(platform));
    only(matching, release, &what, "say which by asset(\"NAME-{version}-{target}\")")
}

fn candidates(release: &Release) -> impl Iterator<Item = &Asset> {
    release
        .assets
        .iter()
        .filter(|asset| asset.is_complete() && packing::may_be_executable(&asset.name))
}

fn only<'a>(
    matching: Vec<&'a Asset>,
    release: &Release,
    what: &str,
    remedy: &str,
) -> Result<&'a Asset, Error> {
    match matching.as_slice() {
        [] => {
            let that = "is what the predicate says yes to";
            Err(none(release, ErrorKind::NoneForPlatform, that))
        }
        [asset] => Ok(asset),
        several => {
            let names = listed(several.iter().map(|asset| asset.name.as_str()));
            let reason = format!("several assets of the release {:?} match", release.tag_name);
            let advice = format!("{what} {names}; {remedy}");
            Err(Error::new(ErrorKind::Configuration, reason).advise(advice))
        }
    }
}

/// The message if the wanted asset exists, but is not complete.
fn late(release: &Release, is_meant: impl Fn(&str) -> bool) -> Option<Error> {
    let is_late = |asset: &&Asset| {
        !asset.is_complete() && packing::may_be_executable(&asset.name) && is_meant(&asset.name)
    };
    let late = release.assets.iter().find(is_late)?;
    let reason = format!(
        "the asset {:?} of the release {:?} is still being uploaded; it is taken once it is complete",
        late.name, release.tag_name
    );
    Some(Error::new(ErrorKind::Incomplete, reason))
}

/// The error for a missing asset, which may appear later: publishers often create the release first.
fn none(release: &Release, kind: ErrorKind, that: &str) -> Error {
    let tag = &release.tag_name;
    if release.assets.is_empty() {
        let reason = format!("the release {tag:?} has no assets (yet)");
        return Error::new(ErrorKind::NoneForPlatform, reason);
    }
    let names = listed(release.assets.iter().map(|asset| asset.name.as_str()));
    Error::new(kind, format!("no asset of the release {tag:?} {that}"))
        .advise(format!("it has {names}; say which by asset(\"NAME-{{version}}-{{target}}\")"))
}

/// Lists names, made fit for one line.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let names: Vec<&str> = names.collect();
    let mut shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        shown += &format!(" and {} more", names.len() - MOST);
    }
    shown
}

fn shown(platform: &Platform) -> String {
    format!("{} on {} ({})", platform.os, platform.arch, platform.target)
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForPlatform => f.write_str("ForPlatform"),
            Self::Named(template) => f.debug_tuple("Named").field(template).finish(),
            Self::Matching(_) => f.write_str("Matching"),
        }
    }
}

#[cfg(test)]
mod tests;
