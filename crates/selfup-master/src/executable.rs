//! Which executable a child runs.

use std::{fs::File, io, os::unix::fs::MetadataExt, path::PathBuf, sync::Arc, thread};

use selfup_install::{Id, Target};
use selfup_lifecycle::Generation;
use selfup_signals::{Blocked, Pid};

use crate::mailbox::{Letter, Mailbox};

/// The executable of the child that serves: the very file, whatever is at its path by now.
#[derive(Clone, Debug)]
pub(super) struct Executable {
    file: Arc<File>,
    /// Device and number of the file.
    inode: (u64, u64),
    /// What the program says its version is.
    pub(super) version: Option<String>,
}

/// What came of looking at one.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) generation: Generation,
    pub(super) id: Id,
    pub(super) version: Option<String>,
    /// The one that served before, if that was another.
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
    /// Without /proc nobody can tell.
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

/// Works out what the executable is called by its content, on a thread that ends with it: a large
/// file takes longer to read than the loop may stand still. `before` is the one that it has replaced,
/// and `path` where they are installed.
pub(super) fn identify(
    generation: Generation,
    executable: Executable,
    before: Option<Executable>,
    path: PathBuf,
    mailbox: &Mailbox,
) -> io::Result<()> {
    let mailbox = mailbox.clone();
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-identify".into()).spawn(move || {
        let Ok(id) = Id::of_file(&executable.file) else { return };
        let before = before.and_then(|before| look_back(before, id, path));
        let version = executable.version;
        mailbox.post(Letter::Runs(Box::new(Identified { generation, id, version, before })));
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
