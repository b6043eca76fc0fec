//! Checks that what differs between systems is in `sys` files only.

use super::rust_source::code_only;
use super::{Finding, tree::Tree};

/// What names a system or a processor in a `cfg`.
const NAMES: [&str; 7] = [
    "target_os",
    "target_vendor",
    "target_arch",
    "target_env",
    "target_family",
    "target_pointer_width",
    "target_endian",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| file.in_crate_source() && !file.is_sys()) {
        if file.path.ends_with("/tests.rs") || file.path.contains("/tests/") {
            continue;
        }
        let code = code_only(&file.text);
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (index, line) in code.lines().enumerate() {
            // A crate may be for Unix as a whole.
            if line.contains("cfg") && !line.starts_with("#![cfg(") && is_of_a_system(line) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    "a `cfg` of a system outside a `sys` file: give each system a file below sys/ with the same \
                     functions",
                ));
            }
        }
    }
    findings
}

fn is_of_a_system(line: &str) -> bool {
    let words = || line.split(|c: char| !c.is_alphanumeric() && c != '_');
    words().any(|word| NAMES.contains(&word) || word == "unix" || word == "windows")
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn a_system_is_named_below_sys_alone() {
        let code = "#[cfg(target_os = \"linux\")]\nfn f() {}\n\n#[cfg(unix)]\nfn g() {}\n";
        let tree = tree(&[
            ("crates/a/src/lib.rs", code),
            ("crates/a/src/sys/mod.rs", code),
            ("crates/a/src/whole.rs", "#![cfg(unix)]\n// cfg(unix)\n"),
            ("crates/a/src/feature.rs", "#[cfg(feature = \"unix\")]\nfn f() {}"),
            ("crates/a/src/tested.rs", "#[cfg(test)]\nmod tests {\n#[cfg(unix)]\nfn f() {}\n}"),
            ("xtask/src/main.rs", code),
        ]);
        let findings = check(&tree);
        let lines: Vec<_> = findings.iter().map(|it| (it.file.as_str(), it.line)).collect();
        assert_eq!(lines, [("crates/a/src/lib.rs", 1), ("crates/a/src/lib.rs", 4)]);
    }

    #[test]
    fn a_macro_is_no_way_around() {
        let tree = tree(&[("crates/a/src/lib.rs", "const A: bool = cfg!(windows);")]);
        assert_eq!(check(&tree).len(), 1);
    }
}
