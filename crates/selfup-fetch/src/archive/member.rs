//! The type [`Member`]: which file of an archive is the executable.

/// Which file of an archive is the executable.
///
/// A file counts as executable if the archive allows its owner, its group or others to execute it. Archives from
/// systems without such permissions have no executable files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Program(String),
    Named(String),
    At(String),
}

/// The quality of a match. There has to be exactly one best match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg(feature = "archive")]
pub(super) enum Rank {
    /// The name is right, but the file is not executable.
    Named,
    /// The file is executable, but has another name.
    Executable,
    /// Both are right.
    Exact,
}

impl Member {
    /// Chooses the executable with that name, in any directory; otherwise the only executable; otherwise the
    /// only file with that name.
    ///
    /// The first of these can be streamed. Whether one of the others is right is known only at the end of the
    /// archive.
    #[must_use]
    pub fn of_program(name: impl Into<String>) -> Self {
        Self { rule: Rule::Program(name.into()) }
    }

    /// Chooses the file with exactly that name, in any directory. If there are several, the only executable one
    /// is chosen: shell completions often have the name of the program.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { rule: Rule::Named(name.into()) }
    }

    /// Chooses the file at exactly that path, with or without a `./` in front.
    #[must_use]
    pub fn at(path: impl Into<String>) -> Self {
        Self { rule: Rule::At(path.into()) }
    }
}

#[cfg(feature = "archive")]
impl Member {
    pub(super) fn rank(&self, path: &str, is_executable: bool) -> Option<Rank> {
        let has_name = |name: &str| path.rsplit('/').next() == Some(name);
        match &self.rule {
            Rule::Program(name) => match (has_name(name), is_executable) {
                (true, true) => Some(Rank::Exact),
                (false, true) => Some(Rank::Executable),
                (true, false) => Some(Rank::Named),
                (false, false) => None,
            },
            Rule::Named(name) if !has_name(name) => None,
            Rule::Named(_) if is_executable => Some(Rank::Exact),
            Rule::Named(_) => Some(Rank::Named),
            Rule::At(wanted) => {
                let wanted = super::path::normal(wanted.as_bytes());
                (wanted.as_deref() == Some(path)).then_some(Rank::Exact)
            }
        }
    }

    /// Describes the wanted file for messages.
    pub(super) fn describe(&self) -> String {
        match &self.rule {
            Rule::Program(name) => format!("no executable, and no file named {name:?}"),
            Rule::Named(name) => format!("no file named {name:?}"),
            Rule::At(path) => format!("no file {path:?}"),
        }
    }
}
