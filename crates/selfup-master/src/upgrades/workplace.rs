//! The half-written files of the worker, which the master removes when it ends.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use selfup_install::Target;

/// How long the end of the master waits for the worker to finish a step on the disk.
const PATIENCE: Duration = Duration::from_millis(100);

/// The worker's files on the disk, so that the master can end at any moment and leave no half-written file
/// behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Workplace {
    shared: Arc<(Mutex<Disk>, Condvar)>,
}

#[derive(Debug, Default)]
struct Disk {
    /// The executable beside which the worker may have files.
    busy: Option<PathBuf>,
    /// The files that it has while it downloads and verifies.
    files: Vec<PathBuf>,
    /// Whether the master is ending, so that no further file may be created.
    closed: bool,
}

/// Marks the worker as busy until it is dropped.
#[derive(Debug)]
pub(super) struct AtWork(Workplace);

impl Workplace {
    /// Marks the worker as busy beside this executable. Does not return once the master is ending.
    pub(super) fn enter(&self, executable: &Path) -> AtWork {
        let mut disk = self.lock();
        while disk.closed {
            drop(disk);
            thread::park();
            disk = self.lock();
        }
        disk.busy = Some(executable.to_owned());
        AtWork(self.clone())
    }

    /// Whether the master is ending.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Removes the worker's files, because the master ends now. If the worker is between two steps, this
    /// waits for a moment until it has finished by itself.
    pub(super) fn close(&self) {
        let mut disk = self.lock();
        disk.closed = true;
        let in_between = |disk: &mut Disk| disk.busy.is_some() && disk.files.is_empty();
        let (disk, _) = self
            .shared
            .1
            .wait_timeout_while(disk, PATIENCE, in_between)
            .unwrap_or_else(PoisonError::into_inner);
        for file in &disk.files {
            // If it has just been installed, this name no longer exists.
            let _removed = fs::remove_file(file);
        }
        // The worker is still busy, with a large executable or on a slow machine.
        if let Some(Ok(target)) = disk.busy.as_ref().map(Target::new) {
            target.abandon();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtWork {
    /// Notes which files the worker has.
    pub(super) fn has(&self, files: impl Into<Vec<PathBuf>>) {
        self.0.lock().files = files.into();
        self.0.shared.1.notify_all();
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut disk = self.0.lock();
        disk.busy = None;
        disk.files.clear();
        drop(disk);
        self.0.shared.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_removes_the_files_of_the_worker() {
        let folder = std::env::temp_dir().join(format!("selfup-workplace-{}", std::process::id()));
        fs::write(&folder, "half a download").unwrap();
        let workplace = Workplace::default();
        let at_work = workplace.enter(Path::new("/no/such/executable"));
        at_work.has([folder.clone()]);
        workplace.close();
        assert!(!folder.exists() && workplace.is_closed());
    }

    #[test]
    fn closing_waits_for_a_worker_between_two_steps() {
        let workplace = Workplace::default();
        let at_work = workplace.enter(Path::new("/no/such/executable"));
        let closing = thread::spawn({
            let workplace = workplace.clone();
            move || workplace.close()
        });
        drop(at_work);
        closing.join().unwrap();
        assert!(workplace.is_closed());
    }
}
