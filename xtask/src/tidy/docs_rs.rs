//! Checks that each published crate documents all features on docs.rs, and links its documentation.

use super::{Finding, tree::Tree};

/// What the manifest holds below its table for docs.rs.
const TABLE: &str = "[package.metadata.docs.rs]";
const SETTINGS: &[&str] = &["all-features = true", "rustdoc-args = [\"--cfg\", \"docsrs\"]"];
/// What makes rustdoc show the feature that an item needs.
const BADGES: &str = "#![cfg_attr(docsrs, feature(doc_cfg))]";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates().into_iter().flat_map(|folder| of_crate(tree, folder)).collect()
}

fn of_crate(tree: &Tree, folder: &str) -> Vec<Finding> {
    let path = format!("{folder}/Cargo.toml");
    let manifest = tree.file(&path).map_or("", |file| file.text.as_str());
    if manifest.lines().any(|line| line == "publish = false") {
        return Vec::new();
    }
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let documentation = format!("documentation = \"https://docs.rs/{name}\"");
    let mut findings = Vec::new();
    if !manifest.lines().any(|line| line == documentation) {
        findings.push(Finding::whole(&path, format!("lacks `{documentation}`")));
    }
    let table: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != TABLE)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .collect();
    for setting in SETTINGS.iter().filter(|setting| !table.contains(setting)) {
        findings.push(Finding::whole(&path, format!("lacks `{setting}` in {TABLE}")));
    }
    let source = format!("{folder}/src/lib.rs");
    if !tree.file(&source).is_some_and(|file| file.text.lines().any(|line| line == BADGES)) {
        findings.push(Finding::whole(&source, format!("lacks `{BADGES}`")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    const MANIFEST: &str = "[package]\ndocumentation = \"https://docs.rs/a\"\n\n\
        [package.metadata.docs.rs]\nall-features = true\n\
        rustdoc-args = [\"--cfg\", \"docsrs\"]\n\n[lints]\n";
    const SOURCE: &str = "//! A.\n#![cfg_attr(docsrs, feature(doc_cfg))]\n";

    fn found(manifest: &str, source: &str) -> usize {
        check(&tree(&[("crates/a/Cargo.toml", manifest), ("crates/a/src/lib.rs", source)])).len()
    }

    #[test]
    fn a_crate_that_says_all_of_it_passes_and_so_does_one_that_is_not_published() {
        assert_eq!(found(MANIFEST, SOURCE), 0);
        assert_eq!(found("[package]\npublish = false\n", ""), 0);
    }

    #[test]
    fn each_line_that_is_missing_is_named() {
        for line in MANIFEST.lines().filter(|line| line.contains(" = ")) {
            assert_eq!(found(&MANIFEST.replace(line, ""), SOURCE), 1, "{line}");
        }
        assert_eq!(found(MANIFEST, "//! A.\n"), 1);
        assert_eq!(found("", ""), 4);
    }

    #[test]
    fn a_setting_of_another_table_does_not_count() {
        let manifest = MANIFEST.replace("all-features = true\n", "") + "all-features = true\n";
        assert_eq!(found(&manifest, SOURCE), 1);
    }
}
