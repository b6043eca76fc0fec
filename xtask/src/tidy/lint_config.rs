//! Checks that the one clippy.toml names the files that use what it disallows.

use super::{Finding, tree::Tree};

const CONFIG: &str = "clippy.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if matches!(name, "clippy.toml" | ".clippy.toml") && file.path != CONFIG {
            findings.push(Finding::whole(
                &file.path,
                "a second configuration silently replaces the root's for everything below it",
            ));
        }
    }
    match tree.file(CONFIG) {
        None => findings.push(Finding::whole(CONFIG, "is missing")),
        Some(config) => {
            for (index, line) in config.text.lines().enumerate() {
                findings.extend(
                    named_files(line).filter(|path| !tree.has(path)).map(|path| {
                        Finding::new(CONFIG, index + 1, format!("{path} is not there"))
                    }),
                );
            }
        }
    }
    findings
}

/// The source files that a line of clippy.toml names.
pub(super) fn named_files(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"(),;".contains(c))
        .filter(|word| word.starts_with("crates/") && word.ends_with(".rs"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn a_second_one_is_found_and_a_missing_one_too() {
        let two = tree(&[(CONFIG, ""), ("crates/a/clippy.toml", ""), ("xtask/.clippy.toml", "")]);
        assert_eq!(check(&two).len(), 2);
        assert_eq!(check(&tree(&[])).len(), 1);
        assert_eq!(check(&tree(&[(CONFIG, "")])), []);
    }

    #[test]
    fn a_file_named_there_exists() {
        let line =
            "{ path = \"x\", reason = \"only crates/a/src/end.rs (and crates/b/src/c.rs)\" }";
        let found = check(&tree(&[(CONFIG, line), ("crates/a/src/end.rs", "")]));
        assert_eq!(found, [Finding::new(CONFIG, 1, "crates/b/src/c.rs is not there")]);
    }
}
