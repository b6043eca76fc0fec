//! The file of the executable that serves, and its id.

use std::{
    fs::File,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use selfup_install::Id;
use selfup_signals::Pid;

/// The executable of the child that serves: the very file, whatever is at its path by now.
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
    /// Another child serves, whose program says that it is of this version. Nothing is read yet.
    pub(super) fn is_now(&self, child: Pid, version: Option<String>) {
        // Without /proc it cannot be told; then what is fetched is compared with what is at the
        // path alone.
        let file = File::open(format!("/proc/{child}/exe")).ok().map(Arc::new);
        *self.lock() = Known { file, id: None, version };
    }

    /// The id of what runs, worked out at the first call. A large file takes its time; who says
    /// meanwhile that another child serves does not wait for it.
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

    /// The version of what runs, as its program says.
    pub(super) fn version(&self) -> Option<String> {
        self.lock().version.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
