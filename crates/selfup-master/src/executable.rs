//! The executable that a child runs, and its id.

use std::{fs::File, io, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc, thread};

use selfup_install::{Id, Target};
use selfup_lifecycle::Generation;
use selfup_signals::{Blocked, Pid};

/// The executable of the child that serves: the file that it runs, whatever is at the path by now.
#[derive(Clone, Debug)]
pub(super) struct Executable {
    file: Arc<File>,
    /// Device and inode of the file.
    inode: (u64, u64),
    /// The version that the program declares.
    pub(super) version: Option<String>,
}

/// An executable whose id has been computed.
#[derive(Debug)]
pub(crate) struct Identified {
    pub(super) generation: Generation,
    pub(super) id: Id,
    pub(super) version: Option<String>,
    /// The executable that served before, if it was another one.
    pub(super) before: Option<Before>,
}

#[derive(Debug)]
pub(super) struct Before {
    pub(super) id: Id,
    pub(super) version: Option<String>,
    /// Why it is refused now, if it is.
    pub(super) refusal: Option<String>,
}

impl Executable {
    /// Returns the executable of a child, or `None` without /proc.
    pub(super) fn of(child: Pid, version: Option<String>) -> Option<Self> {
        let file = File::open(format!("/proc/{child}/exe")).ok()?;
        let metadata = file.metadata().ok()?;
        let inode = (metadata.dev(), metadata.ino());
        Some(Self { file: Arc::new(file), inode, version })
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.inode == other.inode
    }
}

/// Computes the id of an executable on a thread of its own, because reading a large file takes longer than
/// the loop may be blocked. The result goes to `deliver`. `before` is the executable that it has replaced, and
/// `path` the place where both are installed.
pub(super) fn identify(
    generation: Generation,
    executable: Executable,
    before: Option<Executable>,
    path: PathBuf,
    deliver: impl FnOnce(Identified) + Send + 'static,
) -> io::Result<()> {
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-identify".into()).spawn(move || {
        let Ok(id) = Id::of_file(&executable.file) else { return };
        let before = before.and_then(|before| look_back(before, id, path));
        let version = executable.version;
        deliver(Identified { generation, id, version, before });
    })?;
    drop(blocked);
    Ok(())
}

fn look_back(before: Executable, now: Id, path: PathBuf) -> Option<Before> {
    let id = Id::of_file(&before.file).ok().filter(|id| *id != now)?;
    let refusals = Target::new(path).and_then(|target| target.refusals()).unwrap_or_default();
    let refusal = refusals.iter().find(|refusal| refusal.id() == id);
    let refusal = refusal.map(|refusal| refusal.reason().to_owned());
    Some(Before { id, version: before.version, refusal })
}
