//! Looking, before a restart, at what is at the path.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
};

use selfup_install::{Error, Id, Replaced, Target};
use selfup_signals::{Blocked, Pid};

use super::{News, Undecided};
use crate::mailbox::{Letter, Mailbox};

/// What is at the path, compared with what runs.
#[derive(Debug)]
pub(crate) enum Looked {
    /// The same, or it cannot be told; a restart is a restart.
    Same,
    /// What was put back when this one, which runs, was rolled back by hand.
    RolledBack { refused: Id },
    /// Another executable, to be tried.
    Another(Undecided),
    /// Another executable. What runs could not be kept, so that there is no way back to it.
    NoWayBack(Error),
}

/// Whether it may be another file that is at the path. Cheap. Of a script the kernel only tells which
/// interpreter runs, so of one it is not known.
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

/// Finds out what it is, on a thread that ends with it: both files are read, and one may be copied.
pub(super) fn look(
    path: PathBuf,
    running: Pid,
    kept: Option<Id>,
    mailbox: &Mailbox,
) -> io::Result<()> {
    let file = File::open(format!("/proc/{running}/exe"))?;
    let mailbox = mailbox.clone();
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-look".into()).spawn(move || {
        mailbox.post(Letter::Upgrade(News::Looked(compare(&path, &file, kept))));
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
