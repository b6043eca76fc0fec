//! Checks that the pages of the project and the comments of its sources use the words of the glossary in
//! CONTRIBUTING.md.

use super::rust_source::contains_word;
use super::{Finding, tree::Tree};

/// What is refused, in lower case, and the word of the glossary.
const REFUSED: &[(&str, &str)] = &[
    ("the overseer", "master"),
    ("told to finish", "drain"),
    ("tell to finish", "drain"),
    ("goodbye", "drain, or `Connection: close`"),
    ("farewell", "drain, or `Connection: close`"),
    ("put back", "roll back"),
    ("puts back", "roll back"),
    ("sanity check", "probe"),
    ("binary", "executable"),
    ("binaries", "executables"),
    ("whoever", "name what it is"),
];

/// The one page that has to name them.
const GLOSSARY: &str = "CONTRIBUTING.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pages = tree.ending(".md").map(|file| (file, prose(&file.text)));
    let sources = tree.rust().map(|file| (file, prose(&comments(&file.text))));
    for (file, lines) in pages.chain(sources) {
        for (index, line) in lines.iter().enumerate() {
            if file.path == GLOSSARY && line.starts_with('|') {
                continue;
            }
            // A phrase may go on in the next line.
            let next = lines.get(index + 1).map_or("", String::as_str);
            let both = format!("{line} {next}");
            for (refused, instead) in REFUSED {
                let begins_here = contains_word(&both, refused) && !contains_word(next, refused);
                if begins_here || contains_word(line, refused) {
                    findings.push(Finding::new(
                        &file.path,
                        index + 1,
                        format!("`{refused}`: the word is {instead}, see the glossary"),
                    ));
                }
            }
        }
    }
    findings
}

/// What the comments say, each in its line; a line with code before it has none.
fn comments(rust: &str) -> String {
    let comment = |line: &str| {
        let text = line.trim_start().strip_prefix("//").unwrap_or_default();
        text.trim_start_matches(['/', '!']).to_owned() + "\n"
    };
    rust.lines().map(comment).collect()
}

/// The lines in lower case and trimmed, with everything left out that is code.
fn prose(markdown: &str) -> Vec<String> {
    let mut in_code = false;
    let mut of_line = |line: &str| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        if in_code || fence {
            return String::new();
        }
        line.split('`').step_by(2).collect::<Vec<_>>().join("`").trim().to_lowercase()
    };
    markdown.lines().map(&mut of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&tree(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn each_is_found_in_prose_also_across_lines() {
        for (refused, _) in REFUSED {
            let text = format!("First.\nIt is {}.\nLast.", refused.to_uppercase());
            assert_eq!(found("docs/page.md", &text), [2], "{refused}");
            let text = format!("First.\nIt is {}\n", refused.replacen(' ', "\n  ", 1));
            assert_eq!(found("docs/page.md", &text), [2], "{refused}");
        }
    }

    #[test]
    fn the_comments_of_all_sources_are_read_too() {
        let text = "/// Whoever asks.\nlet whoever = \"whoever\";\n// It is put\n// back.\n";
        let folders = ["crates/a/src", "crates/a/tests", "tests/src", "xtask/src", "examples/src"];
        for folder in folders {
            assert_eq!(found(&format!("{folder}/lib.rs"), text), [1, 3], "{folder}");
        }
    }

    #[test]
    fn code_and_the_glossary_s_table_may_have_them() {
        for text in ["`Farewell` is a layer", "```text\nput back 7\n```\nkept", "a farewells"] {
            assert_eq!(found("docs/page.md", text), [0_usize; 0], "{text}");
        }
        let row = "| roll back | … | put back |";
        assert_eq!(found(GLOSSARY, row), [0_usize; 0]);
        assert_eq!(found("README.md", row), [1]);
    }
}
