//! Checks that unsafe code lives in `sys` files only.

use super::rust_source::{code_only, lines_with};
use super::{Finding, tree::Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let outside = tree.rust().filter(|file| file.in_crate_source() && !file.is_sys());
    for file in outside {
        let code = code_only(&file.text);
        for line in lines_with(&code, "unsafe") {
            findings.push(Finding::new(
                &file.path,
                line,
                "`unsafe` outside a `sys` file: move it below sys/ behind a safe function",
            ));
        }
        for permission in ["allow(unsafe_code", "expect(unsafe_code"] {
            for line in lines_with(&code, permission) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{permission}…` outside a `sys` file: only those may permit it"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn found_in_plain_files_only() {
        let code = "fn f() {\n    unsafe { g() }\n}";
        let tree = tree(&[
            ("crates/a/src/lib.rs", code),
            ("crates/a/src/sys/fork.rs", code),
            ("crates/a/src/sys.rs", code),
            ("crates/a/src/words.rs", "// unsafe\nconst A: &str = \"unsafe\";"),
            ("crates/a/src/strict.rs", "#![forbid(unsafe_code)]"),
            ("xtask/src/main.rs", code),
        ]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].file.as_str(), findings[0].line), ("crates/a/src/lib.rs", 2));
    }

    #[test]
    fn so_is_the_permission() {
        let tree = tree(&[("crates/a/src/lib.rs", "#![allow(unsafe_code, reason = \"x\")]")]);
        assert_eq!(check(&tree).len(), 1);
    }
}
