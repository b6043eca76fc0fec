//! Checks that each file of a crate says what lives in it, and that folders have a `mod.rs`.

use super::{Finding, tree::Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sources: Vec<_> = tree.rust().filter(|file| is_source(&file.path)).collect();
    for file in &sources {
        if !says_what_it_is(&file.text) {
            let message = "begins without a `//!` line that says what lives here";
            findings.push(Finding::new(&file.path, 1, message));
        }
        let folder = format!("{}/", file.path.trim_end_matches(".rs"));
        if sources.iter().any(|other| other.path.starts_with(&folder)) {
            let message = format!("has a folder beside it: move it to {folder}mod.rs");
            findings.push(Finding::whole(&file.path, message));
        }
    }
    findings
}

fn is_source(path: &str) -> bool {
    path.strip_prefix("crates/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, rest)| rest.starts_with("src/"))
}

/// By its first lines: attributes of the file may stand above, and a README may take its place.
fn says_what_it_is(source: &str) -> bool {
    source
        .lines()
        .take_while(|line| line.starts_with("#![") || line.starts_with("//!"))
        .any(|line| line.starts_with("//! ") || line.starts_with("#![doc = "))
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        check(&tree(files)).into_iter().map(|finding| finding.file).collect()
    }

    #[test]
    fn a_file_that_says_nothing_of_itself_is_found() {
        let path = "crates/selfup/src/room/a.rs";
        for silent in ["use x;\n", "/// A thing.\nstruct A;\n", "use x;\n//! Late.\n", ""] {
            assert_eq!(found(&[(path, silent)]), [path], "{silent}");
        }
        for says in
            ["//! Things.\n", "#![cfg(unix)]\n//! Things.\n", "#![doc = include_str!(\"\")]\n"]
        {
            assert_eq!(found(&[(path, says)]), [""; 0], "{says}");
        }
        assert_eq!(found(&[("crates/selfup/tests/a.rs", ""), ("xtask/src/a.rs", "")]), [""; 0]);
    }

    #[test]
    fn a_file_beside_its_folder_is_found() {
        let says = "//! Things.\n";
        let (file, folder) = ("crates/selfup/src/a.rs", "crates/selfup/src/a/b.rs");
        assert_eq!(found(&[(file, says), (folder, says)]), [file]);
        assert_eq!(found(&[("crates/selfup/src/a/mod.rs", says), (folder, says)]), [""; 0]);
        assert_eq!(found(&[(file, says), ("crates/selfup/src/ab/b.rs", says)]), [""; 0]);
    }
}
