//! Which executable runs in this process.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use selfup_install::Id;

/// Which executable runs here.
///
/// Its id is computed when it is first asked for, never at the start: hashing takes time that grows with the file.
#[derive(Debug)]
pub(crate) struct Identity {
    path: PathBuf,
    id: OnceLock<String>,
}

impl Identity {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, id: OnceLock::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The id of the file that runs, even if its path leads to another one by now; where there is no /proc, of the
    /// file at the path. Empty if neither can be read.
    pub(crate) fn id(&self) -> &str {
        self.id.get_or_init(|| {
            File::open("/proc/self/exe")
                .or_else(|_| File::open(&self.path))
                .ok()
                .and_then(|file| Id::of_file(&file).ok())
                .map(|id| id.to_string())
                .unwrap_or_default()
        })
    }
}
