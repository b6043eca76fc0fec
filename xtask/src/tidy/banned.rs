//! Refuses calls that have no place in a published crate or its tests.

use super::rust_source::{code_only, lines_with};
use super::{Finding, tree::Tree};

const BANNED: &[(&str, &str)] = &[
    ("thread::sleep", "wait for a condition with a deadline"),
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or return an error that says so"),
    ("dbg!", "left over from debugging"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/")) {
        let code = code_only(&file.text);
        for (call, instead) in BANNED {
            findings.extend(
                lines_with(&code, call)
                    .map(|line| Finding::new(&file.path, line, format!("`{call}`: {instead}"))),
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn each_is_found_where_it_is_code() {
        for (call, _) in BANNED {
            let code = format!("fn f() {{\n    std::{call}(1);\n}}");
            let comment = format!("/// Never `{call}`.\nfn f() {{}}");
            let tree = tree(&[
                ("crates/a/src/lib.rs", code.as_str()),
                ("crates/a/tests/it.rs", code.as_str()),
                ("crates/b/src/lib.rs", comment.as_str()),
                ("examples/src/bin/slow.rs", code.as_str()),
            ]);
            let files: Vec<String> = check(&tree).into_iter().map(|found| found.file).collect();
            assert_eq!(files, ["crates/a/src/lib.rs", "crates/a/tests/it.rs"], "{call}");
        }
    }
}
