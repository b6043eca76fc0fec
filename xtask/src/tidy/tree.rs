//! The project's text files, in memory.

use crate::command::{Failure, Result};
use std::fs;
use std::path::Path;

/// One text file.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the workspace root, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

/// All text files of the project, and the paths of all files.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: Vec<File>,
    paths: Vec<String>,
}

impl Tree {
    /// Reads everything below `root` but what git, cargo and cargo-fuzz keep there. Symbolic links are known
    /// by their path, and not read a second time.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.descend(root, "").map_err(|error| {
            Failure::new(format!("the files below {} cannot be read: {error}", root.display()))
        })?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn descend(&mut self, folder: &Path, prefix: &str) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !matches!(path.as_str(), ".git" | "target" | "fuzz/target" | "fuzz/artifacts") {
                    self.paths.push(path.clone());
                    self.descend(&entry.path(), &format!("{path}/"))?;
                }
                continue;
            }
            if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
            {
                self.files.push(File { path: path.clone(), text });
            }
            self.paths.push(path);
        }
        Ok(())
    }

    pub(super) fn files(&self) -> &[File] {
        &self.files
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.ending(".rs")
    }

    pub(super) fn ending(&self, suffix: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.ends_with(suffix))
    }

    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or folder has this path.
    pub(super) fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.iter().any(|known| known == path)
    }

    /// The folders right below `crates/`.
    pub(super) fn crates(&self) -> Vec<&str> {
        self.paths
            .iter()
            .filter_map(|path| path.strip_suffix("/Cargo.toml"))
            .filter(|folder| folder.starts_with("crates/"))
            .collect()
    }
}

impl File {
    /// The file belongs to the library part of a published crate.
    pub(super) fn in_crate_source(&self) -> bool {
        self.path.starts_with("crates/") && self.path.contains("/src/")
    }

    /// `sys.rs`, or anything in a folder `sys`.
    pub(super) fn is_sys(&self) -> bool {
        self.path.split('/').any(|part| part == "sys" || part == "sys.rs")
    }
}

/// A tree made up for a test.
#[cfg(test)]
pub(super) fn tree(files: &[(&str, &str)]) -> Tree {
    let files: Vec<File> = files
        .iter()
        .map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    Tree { paths: files.iter().map(|file| file.path.clone()).collect(), files }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_the_project_s_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["target", "fuzz/target", ".git", "crates/one/src", ".ci"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let ours = ["crates/one/src/lib.rs", ".ci/run"];
        for file in ["target/out.rs", "fuzz/target/out.rs", ".git/config"].iter().chain(&ours) {
            fs::write(root.path().join(file), "text").unwrap();
        }
        fs::write(root.path().join("crates/one/Cargo.toml"), "").unwrap();
        fs::write(root.path().join("picture"), [0xff, 0xfe]).unwrap();
        std::os::unix::fs::symlink("/nowhere", root.path().join("link")).unwrap();

        let tree = Tree::read(root.path()).unwrap();
        let read: Vec<&str> = tree.files().iter().map(|file| file.path.as_str()).collect();
        assert_eq!(read, [".ci/run", "crates/one/Cargo.toml", "crates/one/src/lib.rs"]);
        assert!(tree.has("picture") && tree.has("link") && tree.has("crates/one"));
        assert!(!tree.has("target/out.rs"));
        assert_eq!(tree.crates(), ["crates/one"]);
    }
}
