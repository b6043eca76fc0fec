//! What the service manager is to know: which process is the main one, and whether it is ready.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use selfup_program::notify::{Field, NotSent, Notify};
use tempfile::NamedTempFile;

/// The socket of the manager, and the pid file.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    pub(crate) notify: Option<Notify>,
    pub(crate) pid_file: Option<PathBuf>,
}

/// A manager that does not read has a timeout of its own.
const PATIENCE: Duration = Duration::from_secs(2);

impl Manager {
    /// This process is the service, and ready.
    pub(crate) fn serve(&self) -> Result<(), String> {
        self.write_pid(process::id())?;
        self.send(&[Field::MainPid(process::id()), Field::Ready])
    }

    /// Another process is about to be the service. It returns when the manager knows that: a manager that accepts
    /// messages of the main process alone accepts the other one's from then on, and one that sees this process end
    /// knows that it is not the main one.
    pub(crate) fn hand_over(&self, pid: u32) -> Result<(), String> {
        self.write_pid(pid)?;
        self.send(&[Field::MainPid(pid)])?;
        let Some(notify) = &self.notify else { return Ok(()) };
        notify.barrier(PATIENCE).map_err(|error| not_sent(&error))
    }

    /// The service ends.
    pub(crate) fn stop(&self) -> Result<(), String> {
        self.send(&[Field::Stopping])
    }

    fn send(&self, fields: &[Field]) -> Result<(), String> {
        let Some(notify) = &self.notify else { return Ok(()) };
        notify.send_within(fields, PATIENCE).map_err(|error| not_sent(&error))
    }

    fn write_pid(&self, pid: u32) -> Result<(), String> {
        let Some(path) = &self.pid_file else { return Ok(()) };
        write(path, pid)
            .map_err(|error| format!("could not write the pid file {}: {error}", path.display()))
    }
}

/// No reader ever sees a part of the file.
fn write(path: &Path, pid: u32) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    writeln!(file, "{pid}")?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(mode)?;
    file.persist(path)?;
    Ok(())
}

fn not_sent(error: &NotSent) -> String {
    format!("could not notify the service manager: {error:?}")
}
