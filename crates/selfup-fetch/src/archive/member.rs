//! How a program names the file of an archive that it wants.

/// Which file of an archive is the executable.
///
/// A file counts as executable if the archive says that its owner, group or anybody may execute it.
/// Archives made on systems without such permissions do not say so of any.
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

/// How good a match is. Of the best there must be only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg(feature = "archive")]
pub(super) enum Rank {
    /// The right name, and not executable.
    Named,
    /// Executable, and another name.
    Executable,
    /// As good as can be.
    Exact,
}

impl Member {
    /// The executable with that name, in whatever directory; else the only executable; else the
    /// only file with that name.
    ///
    /// The first of these can be read as it comes. Whether one of the others is right shows only at
    /// the end of the archive.
    #[must_use]
    pub fn of_program(name: impl Into<String>) -> Self {
        Self { rule: Rule::Program(name.into()) }
    }

    /// The file with exactly that name, in whatever directory. If there are several, the only one
    /// that is executable: a shell's completions are often named like the program.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { rule: Rule::Named(name.into()) }
    }

    /// The file at exactly that path, with or without a `./` in front.
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

    /// What is looked for, in words.
    pub(super) fn describe(&self) -> String {
        match &self.rule {
            Rule::Program(name) => format!("no executable, and no file named {name:?}"),
            Rule::Named(name) => format!("no file named {name:?}"),
            Rule::At(path) => format!("no file {path:?}"),
        }
    }
}
