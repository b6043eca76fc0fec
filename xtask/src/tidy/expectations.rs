//! Checks that a file that uses a disallowed method says why, and is named in clippy.toml.

use super::lint_config::named_files;
use super::rust_source::code_only;
use super::{Finding, tree::Tree};

const LINT: &str = "clippy::disallowed_methods";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let config = tree.file("clippy.toml").map_or("", |file| file.text.as_str());
    let named: Vec<&str> = config.lines().flat_map(named_files).collect();
    let sys_is_named = config.contains("sys/ files");
    let mut findings = Vec::new();
    for file in tree.rust() {
        let is_named = named.contains(&file.path.as_str()) || (sys_is_named && file.is_sys());
        // The checker's own samples are strings, and code_only has blanked those.
        for (line, attribute) in attributes(&code_only(&file.text)) {
            if !attribute.contains(LINT) {
                continue;
            }
            if !attribute.contains("reason") {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("an exception from {LINT} without a reason"),
                ));
            }
            if file.in_crate_source() && !is_named {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    "uses a disallowed method, but clippy.toml does not name this file: \
                     move the call to a file named there, or name this one",
                ));
            }
        }
    }
    findings
}

/// Every `#[…]` and `#![…]` with the line it starts on.
fn attributes(code: &str) -> Vec<(usize, &str)> {
    let mut attributes = Vec::new();
    let mut from = 0;
    while let Some(start) = code[from..].find('#').map(|offset| from + offset) {
        from = start + 1;
        let rest = code[from..].strip_prefix('!').unwrap_or(&code[from..]);
        if rest.starts_with('[') {
            let inside = &rest[..closing(rest)];
            attributes.push((code[..start].matches('\n').count() + 1, inside));
        }
    }
    attributes
}

/// Just after the bracket that closes the one at the start.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    const CONFIG: (&str, &str) = ("clippy.toml", "reason = \"only crates/a/src/end.rs ends\"");

    #[test]
    fn a_reason_is_asked_for_everywhere() {
        let bare = "\n#[expect(clippy::disallowed_methods)]\nfn f() {}";
        let reasoned =
            "#[expect(\n    clippy::disallowed_methods,\n    reason = \"x\"\n)]\nfn f() {}";
        let found = check(&tree(&[CONFIG, ("crates/a/src/end.rs", bare)]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].line, 2);
        assert_eq!(check(&tree(&[CONFIG, ("crates/a/src/end.rs", reasoned)])), []);
        assert_eq!(check(&tree(&[CONFIG, ("tests/src/x.rs", bare)])).len(), 1);
        assert_eq!(check(&tree(&[CONFIG, ("tests/src/x.rs", reasoned)])), []);
    }

    #[test]
    fn a_crate_s_file_is_named_in_the_configuration() {
        let reasoned = "#![allow(clippy::disallowed_methods, reason = \"x\")]";
        let found = check(&tree(&[CONFIG, ("crates/a/src/other.rs", reasoned)]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("does not name this file"));
    }

    #[test]
    fn the_sys_files_can_be_named_together() {
        let sys =
            ("crates/a/src/sys/env.rs", "#![expect(clippy::disallowed_methods, reason = \"x\")]");
        let together = ("clippy.toml", "reason = \"only sys/ files\"");
        assert_eq!(check(&tree(&[together, sys])), []);
        assert_eq!(check(&tree(&[CONFIG, sys])).len(), 1);
    }

    #[test]
    fn other_attributes_are_none_of_its_business() {
        let code = "#[derive(Debug)]\n#[cfg(any(unix))]\nfn f() { let a = [1]; }";
        assert_eq!(check(&tree(&[CONFIG, ("crates/a/src/lib.rs", code)])), []);
    }
}
