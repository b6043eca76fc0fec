//! Counts the crates that a package is made of.

use crate::command::{Result, cargo, stdout_of};

/// Counts the package and its dependencies on this machine, without those of builds and tests alone.
/// `selection` is what cargo takes to choose a package and its features.
pub fn count(selection: &[&str]) -> Result<usize> {
    let mut args = vec!["tree", "--edges", "normal", "--prefix", "none"];
    args.extend(selection);
    Ok(distinct(&stdout_of(&mut cargo(&args))?))
}

fn distinct(tree: &str) -> usize {
    let mut crates: Vec<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    crates.sort_unstable();
    crates.dedup();
    crates.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_for_each_of_its_versions() {
        let tree = "top v1.0.0\nsha2 v0.10.9\nlibc v0.2.1\nsha2 v0.11.0\nlibc v0.2.1 (*)\n\n";
        assert_eq!(distinct(tree), 4);
    }
}
