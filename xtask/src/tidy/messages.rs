//! Checks that every message of the master is on the page for troubleshooting.
//!
//! A message is a literal of some words in the files that speak to operators. Where something is
//! filled in, its parts are looked for one by one.

use super::{Finding, tree::File, tree::Tree};

const PAGE: &str = "docs/guide/troubleshooting.md";

/// Where the literals of the source are messages for operators.
const SPEAKING: &[&str] = &[
    "crates/selfup-handoff/src/",
    "crates/selfup-master/src/",
    "crates/selfup-program/src/",
    "crates/selfup/src/refusals.rs",
    "crates/selfup/src/rollback.rs",
    "crates/selfup/src/run.rs",
];

/// Fewer words say too little to be looked for.
const WORDS: usize = 3;
/// Fewer messages than there ever were: the files have moved, and this looks past them.
const AT_LEAST: usize = 60;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Finding::whole(PAGE, "is missing")];
    };
    let page = plain(&page.text);
    let mut findings = Vec::new();
    let mut count = 0;
    for file in tree.rust().filter(|file| speaks(file)) {
        for (line, literal) in literals(&file.text) {
            let parts = parts(&literal);
            count += usize::from(!parts.is_empty());
            findings.extend(parts.into_iter().filter(|part| !page.contains(part.as_str())).map(
                |part| Finding::new(&file.path, line, format!("{PAGE} has no entry for `{part}`")),
            ));
        }
    }
    if count < AT_LEAST {
        let message = format!("only {count} messages were found: name their files in messages.rs");
        findings.push(Finding::whole(PAGE, message));
    }
    findings
}

fn speaks(file: &File) -> bool {
    SPEAKING.iter().any(|place| file.path.starts_with(place))
        && !file.path.contains("/tests")
        && !file.path.ends_with("/models.rs")
        // What is said to recorders is on the page about them.
        && !file.path.ends_with("/observe/descriptions.rs")
}

/// Without what Markdown adds, and with single spaces.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '`').collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a literal between what is filled in, if they are of some words.
pub(super) fn parts(literal: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in literal.chars() {
        match c {
            '{' => {
                depth += 1;
                parts.push(String::new());
            }
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => parts.iter_mut().next_back().into_iter().for_each(|p| p.push(c)),
            _ => {}
        }
    }
    parts
        .iter()
        .map(|part| plain(part).trim_matches([' ', ':', ';', ',']).to_owned())
        .filter(|part| {
            let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
            part.split(' ').filter(is_word).count() >= WORDS
        })
        .collect()
}

/// The literals of code that is no test and no attribute, each with its line.
pub(super) fn literals(source: &str) -> Vec<(usize, String)> {
    let mut literals = Vec::new();
    let mut rest = source.lines().enumerate().peekable();
    let mut open: Option<(usize, String)> = None;
    let mut in_attribute = false;
    while let Some((index, line)) = rest.next() {
        let trimmed = line.trim_start();
        if open.is_none() {
            let next = rest.peek().map_or("", |(_, next)| next.trim_start());
            let module =
                |line: &str| line.starts_with("mod ") || line.starts_with("pub(crate) mod ");
            if trimmed == "#[cfg(test)]" && module(next) {
                break;
            }
            in_attribute |= trimmed.starts_with("#[") || trimmed.starts_with("#![");
            if in_attribute {
                in_attribute = !trimmed.ends_with(']');
                continue;
            }
            if trimmed.starts_with("//") {
                continue;
            }
        }
        let text = if open.is_some() { trimmed } else { line };
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (&mut open, c) {
                (None, '"') => open = Some((index + 1, String::new())),
                (None, '\'') if chars.peek() == Some(&'"') => drop(chars.next()),
                (None, '/') if chars.peek() == Some(&'/') => break,
                (None, _) => {}
                (Some(_), '"') => literals.extend(open.take()),
                (Some((_, text)), '\\') => text.extend(chars.next()),
                (Some((_, text)), c) => text.push(c),
            }
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    /// As many messages as are asked for, so that only what is wrong is found.
    fn found(source: &str, page: &str) -> Vec<String> {
        let many: String =
            (0..AT_LEAST).map(|n| format!("f(\"one two three {{n}}\"); {n};\n")).collect();
        let page = format!("one two three {page}");
        let findings = check(&tree(&[
            ("crates/selfup-master/src/many.rs", &many),
            ("crates/selfup-program/src/event.rs", source),
            ("crates/selfup/src/update/text.rs", "\"nobody looks for this one\""),
            (PAGE, &page),
        ]));
        findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.line, finding.message))
            .collect()
    }

    #[test]
    fn what_the_page_has_passes() {
        let source = "write!(f, \"child {n} has left its socket: {why}\")";
        assert_eq!(found(source, "`child N has left its\nsocket`"), [""; 0]);
        assert_eq!(found("f(\"two words\"); f(\"{a} b {c} d e\")", ""), [""; 0]);
    }

    #[test]
    fn what_it_lacks_is_named_with_its_line() {
        let source = "fn f() {\n    g(\"could not find {n}\", \\\n      \"it is not here\")\n}";
        let lacks = |line: usize, text: &str| format!("{line}: {PAGE} has no entry for `{text}`");
        assert_eq!(found(source, ""), [lacks(2, "could not find"), lacks(3, "it is not here")]);
        assert_eq!(found("f(\"a long \\\n   line of it\")", ""), [lacks(1, "a long line of it")]);
    }

    #[test]
    fn attributes_comments_and_tests_say_nothing_to_operators() {
        let source = "#[expect(x, reason = \"said to nobody here\")]\n// \"not this one either\"\n\
            #[expect(\n    x,\n    reason = \"nor this one here\"\n)]\n\
            let q = '\"';\n#[cfg(test)]\nmod tests { f(\"neither is this one\") }";
        assert_eq!(found(source, ""), [""; 0]);
    }

    #[test]
    fn files_that_have_moved_away_are_noticed() {
        assert_eq!(check(&tree(&[(PAGE, "")])).len(), 1);
        assert_eq!(check(&tree(&[])).len(), 1);
    }
}
