use std::{fs::File, io, thread};

use selfup_install::Id;
use selfup_signals::{Blocked, Pid};

use super::{Generation, Mailbox, mailbox::Letter};

/// Works out what the executable of a child is called by its content, on a thread that ends with
/// it: a large file takes longer to read than the loop may stand still.
pub(super) fn identify(generation: Generation, child: Pid, mailbox: &Mailbox) -> io::Result<()> {
    // The very file that runs, whatever is at its path by now. Without /proc nobody can tell.
    let Ok(file) = File::open(format!("/proc/{child}/exe")) else { return Ok(()) };
    let mailbox = mailbox.clone();
    let blocked = Blocked::all().map_err(io::Error::other)?;
    thread::Builder::new().name("selfup-identify".into()).spawn(move || {
        if let Ok(id) = Id::of_file(&file) {
            mailbox.post(Letter::Runs(generation, id));
        }
    })?;
    drop(blocked);
    Ok(())
}
