use selfup_install::{Checks, Expected, PublicKey, Staged, VersionPolicy};

use crate::{Error, ErrorKind};

/// What was said about trust, not looked at yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustOptions {
    pub(crate) keys: Vec<String>,
    pub(crate) version: Option<String>,
    pub(crate) require_version: bool,
    pub(crate) allow_downgrade: bool,
}

/// Who may sign new executables, and which versions are taken.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    keys: Vec<PublicKey>,
    versions: Option<VersionPolicy>,
    /// The version of what runs, by whoever's word.
    running: Option<String>,
    require_version: bool,
    allow_downgrade: bool,
}

/// What is said of the version of an executable.
#[derive(Debug)]
pub(crate) struct Claims {
    /// By whoever is to be believed: where there are keys, who publishes without one could lower
    /// the measure by a word.
    believed: Option<String>,
    /// By whoever says something.
    told: Option<String>,
}

impl TrustOptions {
    /// A key that cannot be read is an error, since without it anything would be trusted.
    pub(crate) fn check(&self) -> Result<Trust, Error> {
        let failed = |what: &str, error: selfup_install::Error| {
            Err(Error::new(ErrorKind::Configuration, format!("could not use the {what}"))
                .because(error))
        };
        let mut trust = Trust {
            running: self.version.clone(),
            require_version: self.require_version,
            allow_downgrade: self.allow_downgrade,
            ..Trust::default()
        };
        for (index, key) in self.keys.iter().enumerate() {
            match key.parse() {
                Ok(key) => trust.keys.push(key),
                Err(error) => return failed(&format!("trusted key number {}", index + 1), error),
            }
        }
        match &self.version {
            Some(version) => match trust.policy(version) {
                Ok(policy) => trust.versions = Some(policy),
                Err(error) => return failed("version of this program", error),
            },
            None if self.require_version => {
                let text = "could not hold versions against that of this program: it was not told";
                return Err(Error::new(ErrorKind::Configuration, text));
            }
            None => {}
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

    /// The version of what runs, if it is known.
    pub(crate) fn running(&self) -> Option<&str> {
        self.running.as_deref()
    }

    /// Another executable runs from now on. This process may be an older one, whose own version is
    /// no measure any more.
    pub(crate) fn runs(&mut self, claims: Claims) {
        // One that cannot be compared leaves the last one that could as the measure.
        let believed = claims.believed.as_deref().map(|version| self.policy(version));
        if let (Some(_), Some(Ok(policy))) = (&self.versions, believed) {
            self.versions = Some(policy);
        }
        self.running = claims.told.or_else(|| self.running.take());
    }

    /// What is said of the version of what was written.
    pub(crate) fn claims(&self, staged: &Staged) -> Claims {
        let told = staged.version();
        let believed = if self.keys.is_empty() { told } else { staged.signed_version() };
        Claims { believed: believed.map(str::to_owned), told: told.map(str::to_owned) }
    }

    fn policy(&self, running: &str) -> Result<VersionPolicy, selfup_install::Error> {
        let policy = VersionPolicy::new(running)?;
        Ok(policy.required(self.require_version).allow_downgrade(self.allow_downgrade))
    }
}
