//! Compares a snapshot with the interface of its crate.

use std::collections::{BTreeMap, BTreeSet};

/// By the names of the files that differ: `-` before a line that is gone, `+` before a new one.
pub(super) fn all(
    was: &BTreeMap<String, String>,
    is: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<String>> {
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let lines =
        |texts: &BTreeMap<String, String>, name: &str| texts.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .filter(|name| was.get(*name) != is.get(*name))
        .map(|name| (name.clone(), between(&lines(was, name), &lines(is, name))))
        .collect()
}

fn between(was: &str, is: &str) -> Vec<String> {
    let (before, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (was.lines().collect(), is.lines().collect());
    let gone = was.lines().filter(|line| !now.contains(line)).map(|line| format!("- {line}"));
    let new = is.lines().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<String> = gone.chain(new).collect();
    if lines.is_empty() { vec!["- the order of its lines".to_owned()] } else { lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_is_gone_and_what_is_new_is_reported() {
        let was = texts(&[("a", "pub fn f()\npub fn g()\n"), ("b", "same\n"), ("gone", "x\n")]);
        let is = texts(&[("a", "pub fn f()\npub fn h()\n"), ("b", "same\n"), ("new", "y\n")]);
        let found = all(&was, &is);
        assert_eq!(found["a"], ["- pub fn g()", "+ pub fn h()"]);
        assert_eq!(
            (&*found["gone"], &*found["new"]),
            (&["- x".to_owned()][..], &["+ y".to_owned()][..])
        );
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn lines_in_another_order_are_a_difference() {
        assert_eq!(between("a\nb\n", "b\na\n").len(), 1);
    }
}
