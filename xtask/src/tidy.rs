//! Reads the project's files and reports where they stray from the house rules.
//!
//! Pure checks on a [`Tree`]: each takes the files and returns what it found, so that each is
//! tested on a few lines that are wrong.

mod arrows;
mod banned;
mod book;
mod circles;
mod docs_rs;
mod expectations;
mod idle_needs;
mod length;
mod links;
mod lint_config;
mod message_length;
mod messages;
mod module_docs;
mod platform;
mod readmes;
mod rust_source;
mod tree;
mod unsafe_code;
mod vocabulary;
mod wording;

use crate::command::{Failure, Result};
use crate::workspace::{self, Workspace};
use std::fmt;
use tree::Tree;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    file: String,
    /// Counted from 1; 0 means the file as a whole.
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }

    fn whole(file: &str, message: impl Into<String>) -> Self {
        Self::new(file, 0, message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// Each must find nothing.
const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    unsafe_code::check,
    platform::check,
    banned::check,
    lint_config::check,
    expectations::check,
    readmes::check,
    docs_rs::check,
    wording::check,
    vocabulary::check,
    messages::check,
    message_length::check,
    module_docs::check,
    circles::check,
    links::check,
    book::check,
];

pub(crate) fn run() -> Result {
    let tree = Tree::read(workspace::root())?;
    for note in length::notes(&tree).into_iter().chain(idle_needs::notes(&tree)) {
        println!("note: {note}");
    }
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.extend(arrows::check(Workspace::load()?.ours()));
    findings.sort();
    if findings.is_empty() {
        println!("{} files read, nothing to mend", tree.files().len());
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Err(Failure::new(format!("{} things to mend\n{}", findings.len(), lines.join("\n"))))
}
