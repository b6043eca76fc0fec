use std::fs::File;

use selfup_install::Id;
use selfup_signals::Pid;

/// The executable of the child that serves: the very file, whatever is at its path by now.
#[derive(Debug, Default)]
pub(super) struct Running {
    file: Option<File>,
    id: Option<Id>,
}

impl Running {
    /// Another child serves. Nothing is read yet.
    pub(super) fn is_now(&mut self, child: Pid) {
        // Without /proc it cannot be told; then what is fetched is compared with what is at the
        // path alone.
        self.file = File::open(format!("/proc/{child}/exe")).ok();
        self.id = None;
    }

    /// The id of what runs, worked out at the first call.
    pub(super) fn id(&mut self) -> Option<Id> {
        if self.id.is_none() {
            self.id = self.file.as_ref().and_then(|file| Id::of_file(file).ok());
        }
        self.id
    }
}
