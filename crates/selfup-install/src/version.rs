//! Whether a new executable may be older than what runs.

use std::cmp::Ordering;

use semver::Version;

use crate::error::{Error, ErrorKind, Result};
use crate::target::Target;

/// The version of a new executable, and who says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) version: &'a str,
    /// The executable says it itself, or who signed it, not only the source.
    pub(crate) is_own: bool,
}

/// Which versions may replace what runs, by the rules of [semantic versioning](https://semver.org).
///
/// An older one is refused, an equal one is not; build metadata does not count. A version that is
/// not known is not compared, unless one is [required](Self::required); nor is one that the source
/// announces and that is no semantic one. One that the executable or its signer says has to be one.
/// A leading `v` is no part of it.
#[derive(Debug, Clone)]
#[must_use]
pub struct VersionPolicy {
    running: Version,
    allow_downgrade: bool,
    required: bool,
}

impl VersionPolicy {
    /// Refuses what is older than this version.
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

    /// Refuses what is older than this version too, which somebody else says of what runs: of
    /// several, the highest counts. One that is no semantic version changes nothing.
    pub fn and(mut self, running: &str) -> Self {
        if let Some(running) = parse(running)
            && running.cmp_precedence(&self.running).is_gt()
        {
            self.running = running;
        }
        self
    }

    /// Takes older ones too, and such as say no semantic version. The default is `false`.
    pub const fn allow_downgrade(mut self, allow: bool) -> Self {
        self.allow_downgrade = allow;
        self
    }

    /// Refuses an executable whose version is not known; where keys are trusted, one that does not
    /// say its version itself, in its note or in its signature (`version:1.2.3` in the trusted
    /// comment), since whoever publishes an old executable again can announce it as a new one. The
    /// default is `false`.
    pub const fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// How a version compares with the one that runs: less is older. `None` if that cannot be told: it
    /// is no semantic version, or differs in its build metadata alone, of which none is the newer one.
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

/// Whether two texts say the same version.
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
    fn only_what_is_older_is_refused() {
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
    fn what_an_executable_says_itself_must_be_a_version() {
        let policy = VersionPolicy::new("1.0.0").unwrap();
        assert_eq!(judged(&policy, Some("latest"), true), Some(ErrorKind::VersionUnknown));
        assert_eq!(judged(&policy, Some("latest"), false), None);
        assert_eq!(judged(&policy.allow_downgrade(true), Some("latest"), true), None);
    }

    #[test]
    fn the_highest_of_what_is_said_of_what_runs_counts() {
        let policy = VersionPolicy::new("2.0.0").unwrap().and("3.0.0").and("1.0.0").and("x");
        assert_eq!(judged(&policy, Some("2.9.9"), true), Some(ErrorKind::Downgrade));
        assert_eq!(judged(&policy, Some("3.0.0"), true), None);
    }

    #[test]
    fn a_v_in_front_is_no_other_version() {
        assert!(is_same("v1.2.3", "1.2.3") && is_same("nightly", "nightly"));
        assert!(!is_same("1.2.3", "1.2.4") && !is_same("nightly", "weekly"));
    }

    #[test]
    fn versions_are_compared_with_what_runs() {
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
    fn what_runs_must_have_a_version() {
        for version in ["", "1", "1.2", "one"] {
            let error = VersionPolicy::new(version).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{version}");
        }
    }
}
