//! Releases and assets as the API describes them.

use selfup_fetch::Digest;
use serde::Deserialize;

use crate::version;

/// A release, with the properties that matter here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Release {
    pub(crate) id: u64,
    pub(crate) tag_name: String,
    #[serde(default)]
    pub(crate) draft: bool,
    #[serde(default)]
    pub(crate) prerelease: bool,
    /// In UTC and RFC 3339 (`2026-01-05T10:00:00Z`), so the texts sort by time.
    published_at: Option<String>,
    #[serde(default)]
    pub(crate) assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Asset {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// `uploaded` once it is complete.
    state: Option<String>,
    pub(crate) size: u64,
    updated_at: Option<String>,
    /// The digest of the file as it is downloaded. Older files and servers have none.
    digest: Option<String>,
}

/// A mark that differs between uploads of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    id: u64,
    size: u64,
    updated_at: Option<String>,
    digest: Option<String>,
}

/// The mark of an artifact: one upload of one file to one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) release: u64,
    pub(crate) asset: Stamp,
}

impl Release {
    pub(crate) fn is_pre_release(&self) -> bool {
        self.prerelease
            || version::of(&self.tag_name).is_some_and(|version| !version.pre.is_empty())
    }

    /// The tag without its `v` if it is a version, or else the tag.
    pub(crate) fn version(&self) -> &str {
        version::text(&self.tag_name)
    }

    /// Returns the later of two releases: by version if their tags are versions, otherwise by the
    /// time of publication. A version is preferred to any other tag.
    pub(crate) fn later(self, other: Self) -> Self {
        let rank = |release: &Self| {
            (version::of(&release.tag_name), release.published_at.clone(), release.id)
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// Returns the file of that name, if it is complete.
    pub(crate) fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name && asset.is_complete())
    }
}

impl Asset {
    pub(crate) fn is_complete(&self) -> bool {
        self.state.as_deref().is_none_or(|state| state == "uploaded")
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            id: self.id,
            size: self.size,
            updated_at: self.updated_at.clone(),
            digest: self.digest.clone(),
        }
    }

    /// The digest, if the API has one of a known algorithm.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.digest.as_deref()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latest(releases: &[(&str, &str)]) -> String {
        let release = |(id, (tag, time)): (usize, &(&str, &str))| Release {
            id: id as u64,
            tag_name: (*tag).to_owned(),
            draft: false,
            prerelease: false,
            published_at: Some(format!("2026-01-{time}T10:00:00Z")),
            assets: Vec::new(),
        };
        let latest = releases.iter().enumerate().map(release).reduce(Release::later);
        latest.unwrap().tag_name
    }

    #[test]
    fn versions_decide_before_time() {
        assert_eq!(latest(&[("v1.9.0", "03"), ("v1.10.0", "02"), ("v1.2.0", "04")]), "v1.10.0");
        assert_eq!(latest(&[("1.0.1", "01"), ("v1.1", "02")]), "v1.1");
        assert_eq!(latest(&[("v1.0.0", "01"), ("nightly", "09")]), "v1.0.0");
        assert_eq!(latest(&[("nightly", "09"), ("v1.0.0", "01")]), "v1.0.0");
        assert_eq!(latest(&[("2.0.0-rc.1", "05"), ("2.0.0", "04")]), "2.0.0");
    }

    #[test]
    fn without_versions_time_decides() {
        assert_eq!(latest(&[("red", "02"), ("green", "03"), ("blue", "01")]), "green");
        assert_eq!(latest(&[("v1.0.0", "02"), ("1.0.0", "03")]), "1.0.0", "the same version twice");
        assert_eq!(latest(&[("1.0.0", "03"), ("v1.0.0", "02")]), "1.0.0");
    }

    #[test]
    fn a_pre_release_may_say_so_in_its_version_only() {
        let release = |json: &str| serde_json::from_str::<Release>(json).unwrap().is_pre_release();
        assert!(release(r#"{"id":1,"tag_name":"v1.0.0-rc.1"}"#));
        assert!(release(r#"{"id":1,"tag_name":"v1.0.0","prerelease":true}"#));
        assert!(!release(r#"{"id":1,"tag_name":"v1.0.0+linux-2"}"#));
        assert!(!release(r#"{"id":1,"tag_name":"rc-1"}"#));
    }
}
