//! A folder of this machine.

use super::Source;
use crate::sandbox::Sandbox;
use selfup::fetch::{Fetch, File};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// A file that is published by renaming.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Where the file is.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    fn put(&self, write: impl FnOnce(&mut fs::File)) {
        let beside = self.path.with_extension("new");
        write(&mut fs::File::create(&beside).unwrap());
        fs::rename(beside, &self.path).unwrap();
    }
}

impl Source for Folder {
    fn is_possible() -> bool {
        true
    }

    fn start(sandbox: &Sandbox) -> Self {
        let folder = sandbox.join("published");
        fs::create_dir(&folder).unwrap();
        sandbox.expect_files(["published"]);
        Self { path: folder.join("app") }
    }

    fn publish(&mut self, bytes: &[u8]) {
        self.put(|file| std::io::Write::write_all(file, bytes).unwrap());
    }

    fn publish_zeros(&mut self, length: u64) {
        self.put(|file| file.set_len(length).unwrap());
    }

    fn remove(&mut self) {
        fs::remove_file(&self.path).unwrap();
    }

    fn fetcher(&self) -> Box<dyn Fetch> {
        Box::new(File::new(&self.path).quiet(Duration::ZERO))
    }

    fn word(&self) -> String {
        format!("file={}", self.path.display())
    }
}
