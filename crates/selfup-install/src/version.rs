//! The type [`VersionPolicy`]: which versions may replace the running one.

use std::cmp::Ordering;

use semver::Version;

use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

/// The version of a new executable, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) version: &'a str,
    /// Whether the executable itself or its signature has it, and not only the source.
    pub(crate) is_own: bool,
}

/// Which versions may replace the running one, by the rules of [semantic versioning](https://semver.org).
///
/// An older version is refused. An equal one is accepted; build metadata does not count. An unknown version is
/// accepted unless one is [required](Self::required), and so is an announced version that is not semantic.
/// A version in the executable or its signature has to be semantic. A leading `v` is ignored.
#[derive(Debug, Clone)]
#[must_use]
pub struct VersionPolicy {
    running: Version,
    allow_downgrade: bool,
    required: bool,
}

impl VersionPolicy {
    /// Creates a policy that refuses versions older than this one.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed), if it is no semantic version.
    pub fn new(running: &str) -> Result<Self> {
        match parse(running) {
            Some(running) => Ok(Self { running, allow_downgrade: false, required: false }),
            None => {
                let shown = running.escape_debug();
                let text = format!(
                    "could not take \"{shown}\" for a version: it must be of the form 1.2.3 (semver.org)"
                );
                Err(Error::new(ErrorKind::Malformed, text))
            }
        }
    }

    /// Adds another version of the running executable, from another source: the highest counts. A version that
    /// is not semantic changes nothing.
    pub fn and(mut self, running: &str) -> Self {
        if let Some(running) = parse(running)
            && running.cmp_precedence(&self.running).is_gt()
        {
            self.running = running;
        }
        self
    }

    /// Sets whether older versions are accepted, and versions that are not semantic. The default is `false`.
    pub const fn allow_downgrade(mut self, allow: bool) -> Self {
        self.allow_downgrade = allow;
        self
    }

    /// Sets whether an executable with an unknown version is refused. With trusted keys, the version has to be
    /// in its note or in its signature (`version:1.2.3` in the trusted comment), because a publisher without
    /// a key can announce an old executable as a new one. The default is `false`.
    pub const fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// Compares a version with the running one: less is older. Returns `None` if they cannot be compared,
    /// because it is not a semantic version or differs in its build metadata alone.
    #[must_use]
    pub fn compare(&self, version: &str) -> Option<Ordering> {
        let version = parse(version)?;
        match version.cmp_precedence(&self.running) {
            Ordering::Equal if version.build != self.running.build => None,
            ordering => Some(ordering),
        }
    }

    pub(crate) fn judge(
        &self,
        claim: Option<Claim<'_>>,
        keys_are_trusted: bool,
        target: &Target,
    ) -> Result<()> {
        let name = target.path().display();
        let unknown = |why: &str| {
            let text = format!("could not replace {name} by what came: {why}");
            Err(Error::new(ErrorKind::VersionUnknown, text))
        };
        let Some(claim) = claim else {
            return if self.required {
                unknown(
                    "its version is not known, and required; build it with selfup::release!() in it, \
                     or sign it with minisign -S -t 'version:1.2.3'",
                )
            } else {
                Ok(())
            };
        };
        let shown = claim.version.escape_debug();
        if self.required && keys_are_trusted && !claim.is_own {
            return unknown(&format!(
                "its version {shown} is only announced, not signed; build it with \
                 selfup::release!() in it, or sign it with minisign -S -t 'version:{shown}'"
            ));
        }
        let Some(new) = parse(claim.version) else {
            return if self.required || claim.is_own && !self.allow_downgrade {
                unknown(&format!("its version \"{shown}\" is not of the form 1.2.3 (semver.org)"))
            } else {
                Ok(())
            };
        };
        if !self.allow_downgrade && new.cmp_precedence(&self.running).is_lt() {
            let text = format!(
                "could not replace {name} by what came: it is version {new}, older than {} that runs",
                self.running
            );
            let error = Error::new(ErrorKind::Downgrade, text);
            return Err(error.advise("allow a downgrade if it is meant"));
        }
        Ok(())
    }
}

fn parse(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

/// Returns whether two texts are the same version.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other || parse(one).is_some_and(|one| parse(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(policy: &VersionPolicy, version: Option<&str>, is_own: bool) -> Option<ErrorKind> {
        let own = Target::new(std::env::current_exe().unwrap()).unwrap();
        let claim = version.map(|version| Claim { version, is_own });
        policy.judge(claim, true, &own).err().map(|error| error.kind())
    }

    #[test]
    fn only_older_versions_are_refused() {
        let policy = VersionPolicy::new("v1.10.0").unwrap();
        for (version, refused) in [
            ("1.10.0", false),
            ("v1.10.0", false),
            ("1.10.1", false),
            ("2.0.0", false),
            ("1.10.0+build.1", false),
            ("1.9.9", true),
            ("1.10.0-rc.1", true),
            ("0.1.0", true),
            ("1.9", false),
            ("latest", false),
        ] {
            let found = judged(&policy, Some(version), false);
            assert_eq!(found, refused.then_some(ErrorKind::Downgrade), "{version}");
            assert_eq!(judged(&policy.clone().allow_downgrade(true), Some(version), false), None);
        }
        assert_eq!(judged(&policy, None, false), None);
        let policy = VersionPolicy::new("1.10.0+build.2").unwrap();
        assert_eq!(judged(&policy, Some("1.10.0+build.1"), false), None);
    }

    #[test]
    fn a_version_may_be_required() {
        let policy = VersionPolicy::new("1.0.0").unwrap().required(true);
        let unknown = Some(ErrorKind::VersionUnknown);
        assert_eq!(judged(&policy, None, false), unknown);
        assert_eq!(judged(&policy, Some("latest"), true), unknown);
        assert_eq!(judged(&policy, Some("2.0.0"), false), unknown);
        assert_eq!(judged(&policy, Some("2.0.0"), true), None);
        assert_eq!(judged(&policy, Some("0.9.0"), true), Some(ErrorKind::Downgrade));
    }

    #[test]
    fn a_version_in_the_executable_has_to_be_semantic() {
        let policy = VersionPolicy::new("1.0.0").unwrap();
        assert_eq!(judged(&policy, Some("latest"), true), Some(ErrorKind::VersionUnknown));
        assert_eq!(judged(&policy, Some("latest"), false), None);
        assert_eq!(judged(&policy.allow_downgrade(true), Some("latest"), true), None);
    }

    #[test]
    fn the_highest_version_of_the_running_executable_counts() {
        let policy = VersionPolicy::new("2.0.0").unwrap().and("3.0.0").and("1.0.0").and("x");
        assert_eq!(judged(&policy, Some("2.9.9"), true), Some(ErrorKind::Downgrade));
        assert_eq!(judged(&policy, Some("3.0.0"), true), None);
    }

    #[test]
    fn a_leading_v_is_ignored() {
        assert!(is_same("v1.2.3", "1.2.3") && is_same("nightly", "nightly"));
        assert!(!is_same("1.2.3", "1.2.4") && !is_same("nightly", "weekly"));
    }

    #[test]
    fn versions_are_compared_with_the_running_one() {
        let policy = VersionPolicy::new("1.10.0+b").unwrap();
        for (version, ordering) in [
            ("1.9.0", Some(Ordering::Less)),
            ("v1.10.0+b", Some(Ordering::Equal)),
            ("1.10.0", None),
            ("1.11.0-rc.1", Some(Ordering::Greater)),
            ("nightly", None),
        ] {
            assert_eq!(policy.compare(version), ordering, "{version}");
        }
    }

    #[test]
    fn the_running_version_has_to_be_semantic() {
        for version in ["", "1", "1.2", "one"] {
            let error = VersionPolicy::new(version).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{version}");
        }
    }
}
