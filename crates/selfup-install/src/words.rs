//! Compares what the notes, the signature and the source declare about a new executable.

use crate::error::{Error, ErrorKind, Result};
use crate::expected::Expected;
use crate::name::is_of_one_program;
use crate::notes::{Notes, Release};
use crate::signature::Comment;
use crate::target::Target;
use crate::version::{Claim, is_same};

/// The declared versions, once it is known that they do not contradict each other.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The version from the notes or the signature.
    own_version: Option<String>,
    /// The version from the source.
    announced: Option<String>,
}

impl Words {
    /// Fails if the executable is of another program, or has contradictory versions.
    pub(crate) fn hold_together(
        notes: &Notes,
        comment: &Comment,
        expected: &Expected,
        target: &Target,
    ) -> Result<Self> {
        let refuse = |kind, why: &str| {
            let text = format!("could not take what came for {}: {why}", target.path().display());
            Err(Error::new(kind, text))
        };
        if let Release::Garbled(why) = &notes.release {
            return refuse(ErrorKind::Malformed, &format!("{why}; build it anew"));
        }
        let program = expected.program.as_deref();
        if let (Some(other), Some(own)) = (notes.name(), program)
            && other != own
        {
            let (other, own) = (other.escape_debug(), own.escape_debug());
            let why =
                format!("it is the program \"{other}\", and not \"{own}\", which it would replace");
            return refuse(ErrorKind::OtherProgram, &why);
        }
        let file = target.resolved().file_name().unwrap_or_default().to_string_lossy();
        let own = program.unwrap_or(&file);
        if let Some(signed) = &comment.file
            && !is_of_one_program(signed, own)
        {
            let (signed, own) = (signed.escape_debug(), own.escape_debug());
            let mut why = format!(
                "it is signed as file \"{signed}\", and this program is \"{own}\"; sign it again, with \
                 minisign -t 'file:{own}'"
            );
            if program.is_none() {
                why.push_str(", or give the program's name by selfup::release!()");
            }
            return refuse(ErrorKind::SignatureMismatch, &why);
        }
        let differ = |whose: &str, signed: &str, other: &str| {
            let (signed, other) = (signed.escape_debug(), other.escape_debug());
            let why = format!(
                "it is signed as version \"{signed}\", and {whose} \"{other}\"; sign it again, with \
                 minisign -t if need be"
            );
            refuse(ErrorKind::SignatureMismatch, &why)
        };
        match (&comment.version, notes.version(), &expected.version) {
            (Some(signed), Some(said), _) if !is_same(signed, said) => {
                differ("says of itself that it is", signed, said)
            }
            // The version in the notes takes precedence.
            (Some(signed), None, Some(announced)) if !is_same(signed, announced) => {
                differ("was announced as", signed, announced)
            }
            (signed, said, announced) => Ok(Self {
                own_version: said.map(str::to_owned).or_else(|| signed.clone()),
                announced: announced.clone(),
            }),
        }
    }

    pub(crate) fn own_version(&self) -> Option<&str> {
        self.own_version.as_deref()
    }

    /// Returns the version from the most reliable source that has one.
    pub(crate) fn claim(&self) -> Option<Claim<'_>> {
        match (&self.own_version, &self.announced) {
            (Some(version), _) => Some(Claim { version, is_own: true }),
            (None, Some(version)) => Some(Claim { version, is_own: false }),
            (None, None) => None,
        }
    }
}
