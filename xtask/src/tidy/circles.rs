//! Checks that no files of a crate import each other in a circle, not through the crate's root either.

use super::rust_source::code_only;
use super::{
    Finding,
    tree::{File, Tree},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The names from the crate's root down; none for the root itself.
type Module = Vec<String>;
/// What each module imports.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in crates(tree) {
        let imports = imports(tree, &folder);
        let mut seen = BTreeSet::new();
        for module in imports.keys() {
            let circle = circle(&imports, module);
            if !circle.is_empty() && circle.iter().all(|module| seen.insert(module.clone())) {
                let names: Vec<String> = circle.iter().map(shown).collect();
                let message = format!("imports in a circle: {} → {}", names.join(" → "), names[0]);
                findings.push(Finding::whole(&folder, message));
            }
        }
    }
    findings
}

/// The folders of the published crates' sources.
fn crates(tree: &Tree) -> BTreeSet<String> {
    let root = |file: &File| file.path.strip_suffix("lib.rs").map(str::to_owned);
    tree.rust().filter(|file| file.path.starts_with("crates/")).filter_map(root).collect()
}

fn imports(tree: &Tree, folder: &str) -> Imports {
    let sources: Vec<(Module, String)> = tree
        .rust()
        .filter_map(|file| Some((module(file.path.strip_prefix(folder)?), code_only(&file.text))))
        .filter(|(module, _)| {
            !module.last().is_some_and(|name| name == "tests" || name == "models")
        })
        .collect();
    let modules: BTreeSet<&Module> = sources.iter().map(|(module, _)| module).collect();
    let targets = |own: &Module, code: &str| {
        // A visibility is no import, and the paths in a macro are for the crate that calls it.
        let code = &without_tests(code).replace("(in crate::", "(in ").replace("$crate::", "");
        let (trees, rest) = declarations(code);
        let paths = used(&trees).into_iter().chain(spelled_out(&rest));
        let found = paths.filter_map(|path| target(own, &path, &modules));
        found.filter(|target| target != own).collect()
    };
    sources.iter().map(|(own, code)| (own.clone(), targets(own, code))).collect()
}

fn module(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// What stands before the tests, which may import what they like.
fn without_tests(code: &str) -> &str {
    let tests = code.find("#[cfg(test)]\nmod tests {");
    tests.map_or(code, |at| &code[..at])
}

/// The trees of `use` declarations, and the code without them.
fn declarations(code: &str) -> (Vec<&str>, String) {
    let mut trees = Vec::new();
    let mut rest = String::new();
    let mut done = 0;
    for (at, _) in code.match_indices("use ") {
        let begins = at == 0 || code[..at].ends_with(|c: char| c.is_whitespace() || c == ')');
        if let (true, Some(length)) = (begins && at >= done, code[at..].find(';')) {
            trees.push(&code[at + "use ".len()..at + length]);
            rest.push_str(&code[done..at]);
            done = at + length;
        }
    }
    rest.push_str(&code[done..]);
    (trees, rest)
}

/// The paths in `use` declarations, trees taken apart.
fn used(trees: &[&str]) -> Vec<Module> {
    let mut paths = Vec::new();
    for tree in trees {
        take_apart(tree, &[], &mut paths);
    }
    paths
}

fn take_apart(tree: &str, above: &[String], paths: &mut Vec<Module>) {
    let mut depth = 0_usize;
    let mut start = 0;
    let tree = format!("{tree},");
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                let branch = tree[start..at].trim();
                start = at + 1;
                if branch.is_empty() {
                    continue;
                }
                let (names, below) = branch.split_once('{').unwrap_or((branch, ""));
                let mut path = above.to_vec();
                path.extend(names_of(names));
                match below.strip_suffix('}') {
                    Some(below) => take_apart(below, &path, paths),
                    None => paths.push(path),
                }
            }
            _ => {}
        }
    }
}

/// Those of a path, without a name that it gets here.
fn names_of(path: &str) -> Vec<String> {
    let path = path.split(" as ").next().unwrap_or_default();
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Paths in the code itself: `crate::a::b()`.
fn spelled_out(code: &str) -> Vec<Module> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.split(|c| !is_path(c))
        .filter(|path| path.starts_with("crate::") || path.starts_with("super::"))
        .map(names_of)
        .collect()
}

/// The module that a path leads to, if it is one of this crate's.
fn target(own: &Module, path: &[String], modules: &BTreeSet<&Module>) -> Option<Module> {
    let mut at = own.clone();
    let mut rest = path.iter().peekable();
    match rest.peek()?.as_str() {
        "crate" => {
            at = Vec::new();
            rest.next();
        }
        "self" => drop(rest.next()),
        "super" => {
            while rest.next_if(|name| *name == "super").is_some() {
                at.pop();
            }
        }
        // A module below, or of another crate.
        first => {
            let below = [own.as_slice(), &[first.to_owned()]].concat();
            modules.contains(&below).then_some(())?;
        }
    }
    for name in rest {
        let below = [at.as_slice(), std::slice::from_ref(name)].concat();
        if !modules.contains(&below) {
            break;
        }
        at = below;
    }
    Some(at)
}

/// The shortest way from a module back to itself; empty if there is none.
fn circle(imports: &Imports, start: &Module) -> Vec<Module> {
    let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(module) = next.pop_front() {
        for target in imports.get(module).into_iter().flatten() {
            if target == start {
                let mut way = vec![module.clone()];
                while let Some(before) = came_from.get(&way[0]) {
                    way.insert(0, (*before).clone());
                }
                return way;
            }
            if !came_from.contains_key(target) {
                came_from.insert(target, module);
                next.push_back(target);
            }
        }
    }
    Vec::new()
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> =
            files.iter().map(|(path, text)| (format!("crates/a/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let imports = imports(&tree(&files), "crates/a/src/");
        let first =
            |module| circle(&imports, module).iter().map(shown).collect::<Vec<_>>().join(" ");
        imports.keys().map(first).filter(|circle| !circle.is_empty()).collect()
    }

    #[test]
    fn a_circle_is_found_in_whatever_way_it_is_written() {
        for (a, b) in [
            ("use crate::b::B;", "use crate::a::A;"),
            ("use super::b;", "use super::{c::C, a::{A, D}};"),
            ("use std::io;\nuse crate::{c, b as d};", "fn f() { crate::a::f() }"),
            ("pub(crate) use crate::b::B;", "use crate::a;"),
        ] {
            assert_eq!(circles(&[("a.rs", a), ("b.rs", b)]), ["a b", "b a"], "{a} {b}");
        }
        let long = [
            ("a.rs", "use crate::b::B;"),
            ("b/mod.rs", "use c::C;"),
            ("b/c.rs", "use crate::a::A;"),
        ];
        assert_eq!(circles(&long), ["a b b::c", "b b::c a", "b::c a b"]);
    }

    #[test]
    fn the_way_through_the_root_is_one() {
        let files = [("lib.rs", "mod a;\npub use a::A;"), ("a.rs", "use crate::A;")];
        assert_eq!(circles(&files), ["lib a", "a lib"]);
        assert_eq!(circles(&[("lib.rs", "pub use a::A;"), ("a.rs", "use crate::a::A;")]), [""; 0]);
    }

    #[test]
    fn comments_tests_and_other_crates_import_nothing() {
        let b = ("b.rs", "use crate::a::A;");
        for a in [
            "// use crate::b::B;",
            "/// [`crate::b::B`]\nfn f() { g(\"crate::b\") }",
            "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}",
            "use b_like::b::B;",
            "use crate::{\n    c::C,\n};",
        ] {
            assert_eq!(circles(&[("a.rs", a), b]), [""; 0], "{a}");
        }
        let root = ("lib.rs", "pub use a::A;");
        assert_eq!(
            circles(&[("a.rs", "use crate::{\n    c::C,\n};"), root, ("c.rs", "")]),
            [""; 0]
        );
        assert_eq!(circles(&[("a.rs", ""), b, ("a/tests.rs", "use crate::b::B;")]), [""; 0]);
    }
}
