//! Notes programs that are installed for the tests although no test runs them. It is no failure: a
//! test that is just being written may need one.

use super::rust_source::contains_word;
use super::{Finding, tree::Tree};
use crate::needs::NEEDS;

const TABLE: &str = "xtask/support/src/needs.rs";
/// What a test run of its own needs.
const SOAK: &str = "xtask/soak/src/";
/// Where such a program is named without being run.
const EXAMPLES: &str = "tests/src/need.rs";

pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    NEEDS
        .iter()
        .filter(|need| {
            !tree
                .rust()
                .filter(|file| !file.path.starts_with("xtask/") || file.path.starts_with(SOAK))
                .filter(|file| file.path != EXAMPLES)
                .any(|file| contains_word(&file.text, need.command))
        })
        .map(|need| Finding::whole(TABLE, format!("no test runs {}: take it out", need.command)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn a_program_that_some_test_runs_is_not_noted() {
        let first = NEEDS[0].command;
        let runs = format!("Command::new(\"{first}\")");
        let notes = notes(&tree(&[("tests/tests/it.rs", &runs), (TABLE, &runs)]));
        assert_eq!(notes.len(), NEEDS.len() - 1);
        assert!(!notes.iter().any(|note| note.message.contains(first)));
    }
}
