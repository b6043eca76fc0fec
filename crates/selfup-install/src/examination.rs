//! Makes the checks of an installation without installing anything.

use std::io::Read;

use crate::error::{ErrorKind, Result};
use crate::expected::Expected;
use crate::id::Id;
use crate::signature::Signature;
use crate::staged::{self, Staged};
use crate::target::Target;
use crate::verify::Checks;
use crate::version::{Claim, VersionPolicy};

/// A new executable that is checked, but not installed.
///
/// This needs no right to write to the target's directory, takes no lock, and leaves nothing behind: the bytes
/// are in a temporary file elsewhere.
#[derive(Debug)]
#[must_use = "nothing is known before it is written and finished"]
pub struct Examination(Staged);

impl Target {
    /// Checks the description of a new executable before its bytes are fetched: its size, its signature (there
    /// is one, by a trusted key), and its version, which may be too old.
    ///
    /// The version in the trusted comment of a signature takes precedence over an announced one, although
    /// the signature has not been verified yet. The executable itself may declare another version.
    ///
    /// # Errors
    ///
    /// Those of [`stage`](Self::stage) that concern the description, and
    /// [`Downgrade`](ErrorKind::Downgrade).
    pub fn consider(&self, expected: &Expected, policy: Option<&VersionPolicy>) -> Result<()> {
        let signature = staged::promised(self, expected)?;
        let signed = signature.as_ref().and_then(Signature::unverified_version);
        let claim = signed.map(|version| Claim { version, is_own: true }).or_else(|| {
            expected.version.as_deref().map(|version| Claim { version, is_own: false })
        });
        match policy.map(|policy| policy.judge(claim, signature.is_some(), self)) {
            Some(Err(error)) if error.kind() == ErrorKind::Downgrade => Err(error),
            _ => Ok(()),
        }
    }

    /// Creates a temporary file for a new executable that is only checked.
    ///
    /// # Errors
    ///
    /// Those of [`stage`](Self::stage), except those that concern the target's directory: it need not be
    /// writable, and another installer may be at work. The folder for temporary files
    /// ([`std::env::temp_dir`]) needs enough room.
    pub fn examine(&self, expected: Expected) -> Result<Examination> {
        Staged::elsewhere(self, &std::env::temp_dir(), expected).map(Examination)
    }
}

impl Examination {
    /// Does the same as [`Staged::write`].
    ///
    /// # Errors
    ///
    /// Those of [`Staged::write`].
    pub fn write(&mut self, reader: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<u64> {
        self.0.write(reader, progress)
    }

    /// Returns the same as [`Staged::id`].
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.id()
    }

    /// Returns the same as [`Staged::present`].
    #[must_use]
    pub fn present(&self) -> Id {
        self.0.present()
    }

    /// Returns the same as [`Staged::version`].
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version()
    }

    /// Makes the checks of [`Staged::verify`] that do not run the executable.
    ///
    /// # Errors
    ///
    /// Those of [`Staged::verify`].
    pub fn finish(self, checks: Checks<'_>) -> Result<()> {
        self.0.verify(checks.probe(None)).map(drop)
    }
}
