//! Looks at the executable at the path before a restart.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
};

use selfup_install::{Error, Id, Replaced, Target};
use selfup_signals::{Blocked, Pid};

use super::undecided::Undecided;

/// The executable at the path, compared with the one that runs.
#[derive(Debug)]
pub(crate) enum Looked {
    /// It is the same, or this cannot be determined. The restart is an ordinary one.
    Same,
    /// It is the previous executable: the one that runs was rolled back by hand.
    RolledBack { refused: Id },
    /// It is another executable, which has to be tried.
    Another(Undecided),
    /// It is another executable, and the one that runs could not be kept to return to.
    NoWayBack(Error),
}

/// Whether the path may lead to another file than the one that runs. This is cheap. For a script it is
/// not known, because the kernel shows the interpreter instead.
pub(super) fn is_another(path: &Path, running: Pid) -> bool {
    let running = fs::metadata(format!("/proc/{running}/exe"));
    match (fs::metadata(path), running) {
        (Ok(there), Ok(running)) => {
            (there.dev(), there.ino()) != (running.dev(), running.ino()) && !is_script(path)
        }
        _ => false,
    }
}

fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"#!"
}

/// Compares both files on a thread of its own, because it reads both and may copy one. The result goes to
/// `deliver`.
pub(super) fn look(
    path: PathBuf,
    running: Pid,
    kept: Option<Id>,
    deliver: impl FnOnce(Looked) + Send + 'static,
) -> io::Result<()> {
    let file = File::open(format!("/proc/{running}/exe"))?;
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-look".into()).spawn(move || {
        deliver(compare(&path, &file, kept));
    })?;
    drop(blocked);
    Ok(())
}

fn compare(path: &Path, running: &File, kept: Option<Id>) -> Looked {
    let replaced = Target::new(path).and_then(|target| {
        let replaced = target.replaced(running, |id| kept == Some(id))?;
        Ok((target, replaced))
    });
    match replaced {
        Ok((_, Replaced::RolledBack { refused, .. })) => Looked::RolledBack { refused },
        Ok((target, Replaced::ByAnother { present })) => {
            let kept = target.previous().map(|previous| previous.path().to_owned());
            Looked::Another(Undecided::ByAnother { id: present, kept })
        }
        Ok((_, Replaced::ByHand(installed))) => {
            Looked::Another(Undecided::InPlace(Box::new(installed)))
        }
        Ok(_) => Looked::Same,
        Err(error) => Looked::NoWayBack(error),
    }
}
