//! The checks of an installation, without installing: for those who only want to know.

use std::io::Read;

use crate::error::{ErrorKind, Result};
use crate::expected::Expected;
use crate::id::Id;
use crate::signature::Signature;
use crate::staged::{self, Staged};
use crate::target::Target;
use crate::verify::Checks;
use crate::version::{Claim, VersionPolicy};

/// A new executable that is looked at and not installed.
///
/// It needs no right to write to the target's directory, takes no lock, and leaves nothing behind:
/// the bytes are kept in a temporary file elsewhere.
#[derive(Debug)]
#[must_use = "nothing is known before it is written and finished"]
pub struct Examination(Staged);

impl Target {
    /// Refuses what could not be installed by what is promised of it alone, before any of its bytes
    /// come: its size, its signature (that there is one, by a trusted key), a version that is too old.
    ///
    /// The version in a signature's trusted comment counts before an announced one, though nothing has
    /// been verified yet. What the executable will say of itself may be another.
    ///
    /// # Errors
    ///
    /// Those of [`stage`](Self::stage) that are about what is promised, and
    /// [`Downgrade`](ErrorKind::Downgrade).
    pub fn consider(&self, expected: &Expected, policy: Option<&VersionPolicy>) -> Result<()> {
        let signature = staged::promised(self, expected)?;
        let signed = signature.as_ref().and_then(Signature::told_version);
        let claim = signed.map(|version| Claim { version, is_own: true }).or_else(|| {
            expected.version.as_deref().map(|version| Claim { version, is_own: false })
        });
        match policy.map(|policy| policy.judge(claim, signature.is_some(), self)) {
            Some(Err(error)) if error.kind() == ErrorKind::Downgrade => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes a place for a new executable that is only to be examined.
    ///
    /// # Errors
    ///
    /// Those of [`stage`](Self::stage), but for what concerns the target's directory: it need not be
    /// writable, and somebody else may be installing. The folder for temporary files
    /// ([`std::env::temp_dir`]) has to have room for it.
    pub fn examine(&self, expected: Expected) -> Result<Examination> {
        Staged::elsewhere(self, &std::env::temp_dir(), expected).map(Examination)
    }
}

impl Examination {
    /// As [`Staged::write`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn write(&mut self, reader: &mut dyn Read, progress: &mut dyn FnMut(u64)) -> Result<u64> {
        self.0.write(reader, progress)
    }

    /// As [`Staged::id`].
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.id()
    }

    /// As [`Staged::present`].
    #[must_use]
    pub fn present(&self) -> Id {
        self.0.present()
    }

    /// As [`Staged::version`].
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version()
    }

    /// Makes the checks of [`Staged::verify`] that run nothing: the probe is left out.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn finish(self, checks: Checks<'_>) -> Result<()> {
        self.0.verify(checks.without_probe()).map(drop)
    }
}
