//! Who may sign new executables, and which versions are taken.

use selfup_install::{Checks, Expected, Id, Notes, PublicKey, Staged, VersionPolicy};

use crate::{
    error::{Error, ErrorKind},
    settings::UpgradeOptions,
};

/// Who may sign new executables, and which versions are taken.
#[derive(Debug, Default)]
pub struct Trust {
    keys: Vec<PublicKey>,
    /// The name of this program.
    name: Option<String>,
    /// The version of this program.
    own: Option<String>,
    require_version: bool,
    allow_downgrade: bool,
    /// What executables that were installed here say of their version, or who signed them; the
    /// latest last.
    known: Vec<(Id, String)>,
    /// By the word of who published it, where nobody else says anything.
    announced: Option<String>,
    serving: Serving,
}

/// What serves, as far as it can be told.
#[derive(Debug, Default)]
pub struct Serving {
    /// The executable.
    pub id: Option<Id>,
    /// As its program says.
    pub version: Option<String>,
}

/// What is said of the version of an executable.
#[derive(Debug)]
pub struct Claims {
    id: Id,
    /// By itself or by its signer: the only word that moves the measure. Who merely publishes could
    /// set it to whatever he likes.
    own: Option<String>,
    announced: Option<String>,
}

/// As many executables as there can be to go back to, and some more.
const KNOWN: usize = 8;

impl UpgradeOptions {
    /// What nobody said is as the executable says in its notes.
    pub fn complete(&mut self, notes: &Notes) {
        let said = |word: Option<&str>| word.map(str::to_owned);
        self.name = self.name.take().or_else(|| said(notes.name()));
        self.version = self.version.take().or_else(|| said(notes.version()));
    }

    /// A key that cannot be read is an error, since without it anything would be trusted. So is a
    /// key without a version: everything that was ever signed could be brought back.
    ///
    /// # Errors
    ///
    /// A key or the version cannot be read, or one that is needed is missing.
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
                let text = "could not hold versions against that of this program, which it does not \
                            say: write selfup::release!(); beside main, or set \
                            version(env!(\"CARGO_PKG_VERSION\")); or say allow_downgrade(true), and \
                            whatever was ever signed may replace it";
                return Err(Error::new(ErrorKind::Configuration, text));
            }
            None => {}
        }
        Ok(trust)
    }
}

impl Trust {
    /// Whether a signature has to be fetched as well.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        !self.keys.is_empty()
    }

    /// What is known before the bytes come.
    #[must_use]
    pub fn expected(&self, expected: Expected) -> Expected {
        expected.trusted_keys(self.keys.iter().cloned()).program(self.name.as_deref())
    }

    /// What is checked when they are there.
    pub fn checks<'a>(&self, checks: Checks<'a>) -> Checks<'a> {
        match self.policy() {
            Some(policy) => checks.version_policy(policy),
            None => checks,
        }
    }

    /// Nothing older than what serves, of which the highest word counts: that of its program, that of
    /// its note, that of its signer. Where nothing is said of it, nothing older than this program.
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

    /// Whether an older version is taken too.
    #[must_use]
    pub fn allows_downgrades(&self) -> bool {
        self.allow_downgrade
    }

    fn known_of(&self, id: Option<Id>) -> Option<&str> {
        let (_, version) = self.known.iter().rfind(|(known, _)| Some(*known) == id)?;
        Some(version)
    }

    /// The version of what serves, by whoever's word counts most.
    #[must_use]
    pub fn running(&self) -> Option<&str> {
        let said = self.serving.version.as_deref().or_else(|| self.known_of(self.serving.id));
        said.or(self.announced.as_deref()).or(self.own.as_deref())
    }

    /// What serves at this moment, which may be another executable than before.
    pub fn serves(&mut self, serving: Serving) {
        self.serving = serving;
    }

    /// This executable runs, or is about to.
    pub fn runs(&mut self, claims: Claims) {
        self.announced = claims.announced.filter(|_| claims.own.is_none());
        if let Some(version) = claims.own {
            self.known.retain(|(id, _)| *id != claims.id);
            self.known.push((claims.id, version));
            let surplus = self.known.len().saturating_sub(KNOWN);
            self.known.drain(..surplus);
        }
    }

    /// What is said of the version of what was written.
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
    fn keys_require_versions_unless_somebody_says_otherwise() {
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

    #[test]
    fn the_floor_is_what_serves_and_not_what_is_announced() {
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
