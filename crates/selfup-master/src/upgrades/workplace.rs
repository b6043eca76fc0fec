//! What the upgrade thread has on the disk, for a master that ends at any moment.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use selfup_install::Target;

/// How long the end of the master waits for the worker to finish what it does on the disk.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where worker and master agree on what is on the disk, so that the master can end at any moment
/// and leave nothing half-done behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Workplace {
    shared: Arc<(Mutex<Disk>, Condvar)>,
}

#[derive(Debug, Default)]
struct Disk {
    /// The worker may have files beside this executable.
    busy: Option<PathBuf>,
    /// Those that it has for longer, while it downloads and verifies.
    files: Vec<PathBuf>,
    /// The master ends: nothing more may be put there.
    closed: bool,
}

/// The worker is at work, until this is dropped.
#[derive(Debug)]
pub(super) struct AtWork(Workplace);

impl Workplace {
    /// Comes to work. When the master ends, the worker has come for the last time: this does not
    /// return then.
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

    /// The master ends now. What the worker has in hand is removed; if it is about to finish by
    /// itself, that is waited for.
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
            // If it has just been installed, there is nothing under this name any more.
            let _removed = fs::remove_file(file);
        }
        // It takes its time, as with a large executable or on a busy machine.
        if let Some(Ok(target)) = disk.busy.as_ref().map(Target::new) {
            target.abandon();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtWork {
    /// Says which files are worked on.
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
    fn what_is_in_hand_when_the_master_ends_is_removed() {
        let folder = std::env::temp_dir().join(format!("selfup-workplace-{}", std::process::id()));
        fs::write(&folder, "half a download").unwrap();
        let workplace = Workplace::default();
        let at_work = workplace.enter(Path::new("/no/such/executable"));
        at_work.has([folder.clone()]);
        workplace.close();
        assert!(!folder.exists() && workplace.is_closed());
    }

    #[test]
    fn what_is_about_to_be_finished_is_waited_for() {
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
