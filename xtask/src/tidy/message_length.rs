//! Checks that no message for operators is too long for a line in a log.
//!
//! What counts is the literal, without the causes that follow it.

use super::messages::{literals, parts};
use super::{Finding, tree::File, tree::Tree};

/// The most characters of a message.
const LONGEST: usize = 160;

/// The crates whose literals are messages for operators.
const SPEAKING: &[&str] =
    &["crates/selfup-master/src/", "crates/selfup-program/src/", "crates/selfup/src/"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().filter(|file| speaks(file)).flat_map(too_long).collect()
}

fn speaks(file: &File) -> bool {
    let is_test = file.path.contains("/tests") || file.path.ends_with("/models.rs");
    SPEAKING.iter().any(|place| file.path.starts_with(place)) && !is_test
}

fn too_long(file: &File) -> Vec<Finding> {
    let finding = |(line, literal): (usize, String)| {
        let length = literal.chars().count();
        let is_message = !parts(&literal).is_empty();
        (is_message && length > LONGEST).then(|| {
            let message = format!("a message of {length} characters; {LONGEST} are enough");
            Finding::new(&file.path, line, message)
        })
    };
    literals(&file.text).into_iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn found(path: &str, message: &str) -> Vec<usize> {
        let source = format!("fn f() {{\n    warn(\"{message}\");\n}}");
        check(&tree(&[(path, &source)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_message_beyond_the_limit_is_found_with_its_line() {
        let longest = format!("could not do {}", "x".repeat(LONGEST - "could not do ".len()));
        let path = "crates/selfup-master/src/event.rs";
        assert_eq!(found(path, &longest), [0_usize; 0]);
        assert_eq!(found(path, &format!("{longest}x")), [2]);
        assert_eq!(found("crates/selfup/src/update/text.rs", &format!("{longest}x")), [2]);
    }

    #[test]
    fn a_line_break_in_the_source_does_not_count() {
        let half = "could not do it \\\n        ".to_owned() + &"x".repeat(LONGEST - 16);
        assert_eq!(found("crates/selfup-program/src/state.rs", &half), [0_usize; 0]);
    }

    #[test]
    fn long_words_and_other_crates_have_no_limit() {
        let word = "x".repeat(2 * LONGEST);
        assert_eq!(found("crates/selfup-master/src/event.rs", &word), [0_usize; 0]);
        let long = format!("could not do {word}");
        assert_eq!(found("crates/selfup-fds/src/error.rs", &long), [0_usize; 0]);
    }
}
