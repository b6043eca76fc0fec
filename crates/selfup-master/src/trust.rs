//! The trusted keys, and the versions that are accepted.

use selfup_install::{Checks, Expected, Id, Notes, PublicKey, Staged, VersionPolicy};

use crate::{
    error::{Error, ErrorKind},
    settings::UpgradeOptions,
};

/// The trusted keys, and the versions that are accepted.
#[derive(Debug, Default)]
pub struct Trust {
    keys: Vec<PublicKey>,
    /// The name of this program.
    name: Option<String>,
    /// The version of this program.
    own: Option<String>,
    require_version: bool,
    allow_downgrade: bool,
    /// The versions that installed executables declare, or that were signed with them. The latest is
    /// last.
    known: Vec<(Id, String)>,
    /// The version that the source announced, if neither the executable nor its signature has one.
    announced: Option<String>,
    serving: Serving,
}

/// The executable that serves, as far as it is known.
#[derive(Debug, Default)]
pub struct Serving {
    /// Its id.
    pub id: Option<Id>,
    /// The version that its program declares.
    pub version: Option<String>,
}

/// The claims about the version of an executable.
#[derive(Debug)]
pub struct Claims {
    id: Id,
    /// The version from the executable or its signature. Only this one raises the required version: a
    /// publisher without a key can announce any version.
    own: Option<String>,
    announced: Option<String>,
}

/// The number of versions that are remembered: more than there are executables to return to.
const KNOWN: usize = 8;

/// The most keys that a program can trust: a child declares each of them to its master.
pub(crate) const MOST_KEYS: usize = 64;

impl UpgradeOptions {
    /// Takes the name and the version from the notes of the executable, if they are not configured.
    pub fn complete(&mut self, notes: &Notes) {
        self.name = self.name.take().or_else(|| notes.name().map(str::to_owned));
        self.version = self.version.take().or_else(|| notes.version().map(str::to_owned));
    }

    /// Checks the configuration.
    ///
    /// A key that cannot be parsed is an error, because everything would be trusted without it. So is a
    /// key without a version, because anything that was ever signed could replace the executable.
    ///
    /// # Errors
    ///
    /// A key or the version cannot be parsed, or a version that is needed is missing.
    pub fn check(&self) -> Result<Trust, Error> {
        let failed = |what: &str, error: selfup_install::Error| {
            Err(Error::new(ErrorKind::Configuration, format!("could not use the {what}"))
                .because(error))
        };
        let has_keys = !self.keys.is_empty();
        let mut trust = Trust {
            name: self.name.clone(),
            own: self.version.clone(),
            require_version: self.require_version.unwrap_or(has_keys && !self.allow_downgrade),
            allow_downgrade: self.allow_downgrade,
            ..Trust::default()
        };
        let count = self.keys.len();
        if count > MOST_KEYS {
            let text = format!(
                "could not use {count} trusted keys: a program can trust {MOST_KEYS} of them"
            );
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        for (index, key) in self.keys.iter().enumerate() {
            match key.parse() {
                Ok(key) => trust.keys.push(key),
                Err(error) => return failed(&format!("trusted key number {}", index + 1), error),
            }
        }
        match &self.version {
            Some(version) => {
                if let Err(error) = VersionPolicy::new(version) {
                    return failed("version of this program", error);
                }
            }
            None if trust.require_version => {
                let text = "could not require a version, since this program declares none: add \
                            selfup::release!(), version(env!(\"CARGO_PKG_VERSION\")) or, for any, \
                            allow_downgrade(true)";
                return Err(Error::new(ErrorKind::Configuration, text));
            }
            None => {}
        }
        Ok(trust)
    }
}

impl Trust {
    /// Returns whether a signature has to be fetched, too.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Returns the trusted keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Trusts these keys from now on, instead of those before.
    pub fn adopt(&mut self, keys: Vec<PublicKey>) {
        self.keys = keys;
    }

    /// Adds the requirements that are known before the bytes are fetched.
    #[must_use]
    pub fn expected(&self, expected: Expected) -> Expected {
        expected.trusted_keys(self.keys.iter().cloned()).program(self.name.as_deref())
    }

    /// Adds the checks of the bytes.
    pub fn checks<'a>(&self, checks: Checks<'a>) -> Checks<'a> {
        match self.policy() {
            Some(policy) => checks.version_policy(policy),
            None => checks,
        }
    }

    /// Returns the policy for versions: no executable may be older than the one that serves.
    ///
    /// The highest of the versions from its program, its note and its signature counts. If there is none,
    /// the version of this program counts.
    pub fn policy(&self) -> Option<VersionPolicy> {
        let serving = self.serving.version.iter().map(String::as_str);
        let words = serving.chain(self.known_of(self.serving.id));
        let policy = words.fold(None, |policy: Option<VersionPolicy>, word| match policy {
            Some(policy) => Some(policy.and(word)),
            None => VersionPolicy::new(word).ok(),
        });
        let policy = policy.or_else(|| VersionPolicy::new(self.own.as_deref()?).ok())?;
        Some(policy.required(self.require_version).allow_downgrade(self.allow_downgrade))
    }

    /// Returns whether an older version is accepted too.
    #[must_use]
    pub fn allows_downgrades(&self) -> bool {
        self.allow_downgrade
    }

    fn known_of(&self, id: Option<Id>) -> Option<&str> {
        let (_, version) = self.known.iter().rfind(|(known, _)| Some(*known) == id)?;
        Some(version)
    }

    /// Returns the version of the executable that serves, from the most reliable source that has one.
    #[must_use]
    pub fn running(&self) -> Option<&str> {
        let said = self.serving.version.as_deref().or_else(|| self.known_of(self.serving.id));
        said.or(self.announced.as_deref()).or(self.own.as_deref())
    }

    /// Sets the executable that serves at this moment.
    pub fn serves(&mut self, serving: Serving) {
        self.serving = serving;
    }

    /// Remembers the claims about an executable that runs, or is about to.
    pub fn runs(&mut self, claims: Claims) {
        self.announced = claims.announced.filter(|_| claims.own.is_none());
        if let Some(version) = claims.own {
            self.known.retain(|(id, _)| *id != claims.id);
            self.known.push((claims.id, version));
            let surplus = self.known.len().saturating_sub(KNOWN);
            self.known.drain(..surplus);
        }
    }

    /// Returns the claims about staged bytes.
    pub fn claims(&self, staged: &Staged) -> Claims {
        Claims {
            id: staged.id(),
            own: staged.own_version().map(str::to_owned),
            announced: staged.version().map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    fn options(version: Option<&str>) -> UpgradeOptions {
        UpgradeOptions {
            keys: vec![KEY.to_owned()],
            version: version.map(str::to_owned),
            ..UpgradeOptions::default()
        }
    }

    fn floor(trust: &Trust) -> String {
        format!("{:?}", trust.policy())
    }

    #[test]
    fn keys_require_versions_unless_configured_otherwise() {
        assert!(options(Some("1.0.0")).check().unwrap().require_version);
        let error = options(None).check().unwrap_err().to_string();
        assert!(
            error.contains("selfup::release!()") && error.contains("allow_downgrade"),
            "{error}"
        );
        for (require_version, allow_downgrade) in [(Some(false), false), (None, true)] {
            let said = UpgradeOptions { require_version, allow_downgrade, ..options(None) };
            assert!(!said.check().unwrap().require_version);
        }
        let keyless = UpgradeOptions { keys: Vec::new(), ..options(None) };
        assert!(!keyless.check().unwrap().require_version);
    }

    /// A child could not declare more, and its master would trust a part of them only.
    #[test]
    fn more_keys_than_a_child_can_declare_are_an_error() {
        let many =
            |count| UpgradeOptions { keys: vec![KEY.to_owned(); count], ..options(Some("1.0.0")) };
        assert_eq!(many(MOST_KEYS).check().unwrap().keys().len(), MOST_KEYS);
        let error = many(MOST_KEYS + 1).check().unwrap_err().to_string();
        assert_eq!(error, "could not use 65 trusted keys: a program can trust 64 of them");
    }

    #[test]
    fn the_required_version_is_the_one_that_serves_and_not_the_announced_one() {
        let mut trust = options(Some("1.0.0")).check().unwrap();
        let id = |byte: u8| format!("{byte:040x}").parse::<Id>().unwrap();
        let claims = |byte: u8, own: Option<&str>| Claims {
            id: id(byte),
            own: own.map(str::to_owned),
            announced: Some("999.0.0".to_owned()),
        };
        let serving = |byte: u8, version: Option<&str>| Serving {
            id: Some(id(byte)),
            version: version.map(str::to_owned),
        };
        trust.runs(claims(1, None));
        assert!(floor(&trust).contains("Version { major: 1,"), "{}", floor(&trust));
        trust.runs(claims(2, Some("2.0.0")));
        trust.serves(serving(2, None));
        assert!(floor(&trust).contains("Version { major: 2,"), "{}", floor(&trust));
        trust.serves(serving(2, Some("3.0.0")));
        assert!(floor(&trust).contains("Version { major: 3,"), "{}", floor(&trust));
        assert_eq!(trust.running(), Some("3.0.0"));
        // Rolled back.
        trust.serves(serving(1, Some("1.1.0")));
        assert!(floor(&trust).contains("Version { major: 1, minor: 1,"), "{}", floor(&trust));
    }
}
