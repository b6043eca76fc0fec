//! Checks that each crate has a README whose example is compiled.

use super::{Finding, tree::Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in tree.crates() {
        let path = format!("{folder}/README.md");
        let Some(readme) = tree.file(&path) else {
            findings.push(Finding::whole(&path, "is missing"));
            continue;
        };
        if !has_compiled_example(&readme.text) {
            findings.push(Finding::whole(&path, "has no example: a ```rust block that compiles"));
        }
        if !is_doc_tested(tree, folder) {
            findings.push(Finding::whole(
                &path,
                "is not doc-tested: include_str!(\"../README.md\") it in the docs of the crate, \
                 or under #[cfg(doctest)]",
            ));
        }
    }
    findings
}

/// A fence that opens a block which rustdoc compiles.
fn has_compiled_example(markdown: &str) -> bool {
    markdown.lines().filter_map(|line| line.trim_start().strip_prefix("```")).step_by(2).any(
        |info| {
            let words: Vec<&str> = info.split([',', ' ']).map(str::trim).collect();
            words.contains(&"rust") && !words.contains(&"ignore")
        },
    )
}

fn is_doc_tested(tree: &Tree, folder: &str) -> bool {
    let source = format!("{folder}/src/");
    tree.rust()
        .filter(|file| file.path.starts_with(&source))
        .any(|file| file.text.contains("include_str!(") && file.text.contains("README.md\")"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/a/Cargo.toml", "");
    const INCLUDES: (&str, &str) =
        ("crates/a/src/lib.rs", "#[doc = include_str!(\"../README.md\")]\nstruct Readme;");
    const EXAMPLE: &str = "# a\n\n```rust\nfn main() {}\n```\n";

    #[test]
    fn a_compiled_example_passes() {
        let tree = tree(&[MANIFEST, INCLUDES, ("crates/a/README.md", EXAMPLE)]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn a_missing_readme_an_untested_one_and_one_without_example_do_not() {
        assert_eq!(check(&tree(&[MANIFEST, INCLUDES])).len(), 1);
        assert_eq!(check(&tree(&[MANIFEST, ("crates/a/README.md", EXAMPLE)])).len(), 1);
        for empty in ["# a", "```sh\ncargo add a\n```", "```rust,ignore\n?\n```", "```\n```rust"] {
            let tree = tree(&[MANIFEST, INCLUDES, ("crates/a/README.md", empty)]);
            assert_eq!(check(&tree).len(), 1, "{empty}");
        }
    }
}
