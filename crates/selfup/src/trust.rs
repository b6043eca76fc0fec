use selfup_install::{Checks, Expected, PublicKey, Staged, VersionPolicy};

use crate::{Error, ErrorKind};

/// What was said about trust, not looked at yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustOptions {
    pub(crate) keys: Vec<String>,
    pub(crate) version: Option<String>,
    pub(crate) allow_downgrade: bool,
}

/// Who may sign new executables, and which versions are taken.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    keys: Vec<PublicKey>,
    versions: Option<VersionPolicy>,
    allow_downgrade: bool,
}

impl TrustOptions {
    /// A key that cannot be read is an error, since without it anything would be trusted.
    pub(crate) fn check(&self) -> Result<Trust, Error> {
        let failed = |what: &str, error: selfup_install::Error| {
            Err(Error::new(ErrorKind::Configuration, format!("could not use the {what}"))
                .because(error))
        };
        let mut trust = Trust { allow_downgrade: self.allow_downgrade, ..Trust::default() };
        for (index, key) in self.keys.iter().enumerate() {
            match key.parse() {
                Ok(key) => trust.keys.push(key),
                Err(error) => return failed(&format!("trusted key number {}", index + 1), error),
            }
        }
        if let Some(version) = &self.version {
            match VersionPolicy::new(version) {
                Ok(policy) => trust.versions = Some(policy.allow_downgrade(self.allow_downgrade)),
                Err(error) => return failed("version of this program", error),
            }
        }
        Ok(trust)
    }
}

impl Trust {
    pub(crate) fn wants_signatures(&self) -> bool {
        !self.keys.is_empty()
    }

    pub(crate) fn expected(&self, expected: Expected) -> Expected {
        expected.trusted_keys(self.keys.iter().cloned())
    }

    pub(crate) fn checks<'a>(&self, checks: Checks<'a>) -> Checks<'a> {
        match &self.versions {
            Some(policy) => checks.version_policy(policy.clone()),
            None => checks,
        }
    }

    /// Another executable runs from now on. This process may be an older one, whose own version is
    /// no measure any more.
    pub(crate) fn runs(&mut self, version: Option<&str>) {
        // One that cannot be compared leaves the last one that could as the measure.
        if let (Some(_), Some(Ok(policy))) = (&self.versions, version.map(VersionPolicy::new)) {
            self.versions = Some(policy.allow_downgrade(self.allow_downgrade));
        }
    }

    /// The version of what was written, from whoever is to be believed: where there are keys, who
    /// publishes without one could lower the measure by a word.
    pub(crate) fn version_of(&self, staged: &Staged) -> Option<String> {
        let version = if self.keys.is_empty() { staged.version() } else { staged.signed_version() };
        version.map(str::to_owned)
    }
}
