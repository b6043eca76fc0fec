//! Notes files that have grown long. It is no failure: some things are long.

use super::{Finding, tree::Tree};

/// Beyond this, a file is worth another look.
const LONG: usize = 300;

pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > LONG).then(|| {
                Finding::whole(&file.path, format!("{lines} lines: does it do one thing?"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree;
    use super::*;

    #[test]
    fn only_what_is_longer() {
        let (fits, long) = ("\n".repeat(LONG), "\n".repeat(LONG + 1));
        let notes = notes(&tree(&[("a.rs", &fits), ("b.rs", &long), ("c.md", &long)]));
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].file, "b.rs");
    }
}
