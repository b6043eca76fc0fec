//! Refuses notes to self and paths of a home folder, and checks how messages begin.

use super::rust_source::contains_word;
use super::{Finding, tree::Tree};

/// Taken apart, so that this file does not find itself.
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const HOMES: &[&str] = &[concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        for (index, line) in file.text.lines().enumerate() {
            for note in NOTES.iter().filter(|note| contains_word(line, note)) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("{note}: do it, or say what holds today"),
                ));
            }
            for home in HOMES.iter().filter(|home| starts_path(line, home)) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("a path below {home} exists on one machine only"),
                ));
            }
            if file.path.starts_with("crates/") && begins_with_cannot(line) {
                let message = "a message says what was tried: `could not …`";
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

/// A literal in code that begins so. "cannot be read" is the end of a sentence, put together elsewhere.
fn begins_with_cannot(line: &str) -> bool {
    let starts = line.split_once("\"cannot ").map(|(_, rest)| rest);
    !line.trim_start().starts_with("//") && starts.is_some_and(|rest| !rest.starts_with("be "))
}

/// A path of its own, not the middle of a web address that happens to contain the word.
fn starts_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(start, _)| {
        !line[..start].ends_with(|c: char| c.is_alphanumeric() || "._-~}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn every_trace_is_found_in_any_file() {
        let notes = NOTES.iter().map(|note| format!("first\n# {note}: later"));
        let homes = HOMES.iter().map(|home| format!("first\ncd {home}ann"));
        for text in notes.chain(homes) {
            let found = check(&tree(&[(".ci/run", &text)]));
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn a_message_begins_with_could_not() {
        let found = |path: &str, line: &str| check(&tree(&[(path, line)])).len();
        let file = "crates/selfup/src/a.rs";
        assert_eq!(found(file, "    format!(\"cannot open {path}\")"), 1);
        assert_eq!(found("xtask/src/a.rs", "format!(\"cannot open {path}\")"), 0);
        for line in ["// not \"cannot open\"", "changed(\"cannot be read\")", "\"it cannot run\""] {
            assert_eq!(found(file, line), 0, "{line}");
        }
    }

    #[test]
    fn words_that_only_look_alike_pass() {
        let text = format!("{}S\nhttps://host.example{}page\n", NOTES[0], HOMES[0]);
        assert_eq!(check(&tree(&[("README.md", &text)])), []);
    }
}
