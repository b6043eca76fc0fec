//! The executable of the child that serves: its file, its id, its version.

use std::{
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use selfup_install::Id;
use selfup_signals::Pid;

/// The executable of the child that serves: the file that it runs, whatever is at the path by now.
#[derive(Debug, Default)]
pub(super) struct Running {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    file: Option<Arc<File>>,
    id: Option<Id>,
    version: Option<String>,
}

impl Running {
    /// Notes that this child serves, and the version that its program declares. Nothing is read yet.
    pub(super) fn set(&self, child: Pid, version: Option<String>) {
        // Without /proc the file is unknown. Fetched bytes are then compared with the path alone.
        let file = File::open(format!("/proc/{child}/exe")).ok().map(Arc::new);
        *self.lock() = Known { file, id: None, version };
    }

    /// Returns the id of the executable, which the first call computes. That takes some time for a large
    /// file, during which `set` does not have to wait.
    pub(super) fn id(&self) -> Option<Id> {
        let (file, known) = {
            let known = self.lock();
            (known.file.clone()?, known.id)
        };
        if known.is_some() {
            return known;
        }
        let id = Id::of_file(&file).ok()?;
        let mut known = self.lock();
        if known.file.as_ref().is_some_and(|now| Arc::ptr_eq(now, &file)) {
            known.id = Some(id);
        }
        Some(id)
    }

    /// Returns the version that the program declares.
    pub(super) fn version(&self) -> Option<String> {
        self.lock().version.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
