//! What a service must not do, so that it is seen that soak finds it.

use std::{
    fs::{self, File},
    process::Command,
    thread,
};

use selfup::Event;

/// One way to be wrong; soak names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    No,
    /// The master opens a file at each restart.
    Descriptor,
    /// It starts a thread.
    Thread,
    /// It does not wait for a child of its own.
    Zombie,
    /// It leaves a file beside the executable.
    File,
    /// It keeps 16 KiB.
    Memory,
    /// A child ends with requests under way.
    Requests,
    /// A child does not end when told to.
    Deaf,
    /// A child dies of signals that tell it something.
    Signals,
    /// A master that could not start a child ends.
    GivesUp,
}

impl Broken {
    /// What `--broken=KIND` says.
    pub(crate) fn among(arguments: &[String]) -> Self {
        let kind = arguments.iter().find_map(|argument| argument.strip_prefix("--broken="));
        match kind {
            Some("descriptor") => Self::Descriptor,
            Some("thread") => Self::Thread,
            Some("zombie") => Self::Zombie,
            Some("file") => Self::File,
            Some("memory") => Self::Memory,
            Some("requests") => Self::Requests,
            Some("deaf") => Self::Deaf,
            Some("signals") => Self::Signals,
            Some("gives-up") => Self::GivesUp,
            _ => Self::No,
        }
    }

    /// What the master does wrong when a child serves.
    #[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
    pub(crate) fn leak(self) -> impl FnMut(&Event) {
        let (mut files, mut memory) = (Vec::new(), Vec::new());
        move |event| {
            if self == Self::GivesUp && matches!(event, Event::NotStarted { .. }) {
                std::process::exit(1);
            }
            let Event::Serving { generation, .. } = event else { return };
            match self {
                Self::Descriptor => files.extend(File::open("/dev/null")),
                Self::Thread => drop(thread::spawn(thread::park)),
                Self::Zombie => start_and_forget(),
                Self::File => drop(fs::write(format!("service/.app.tmp-{generation}"), "left")),
                Self::Memory => memory.push(vec![1_u8; 16 * 1024]),
                _ => {}
            }
        }
    }

    /// What a child does wrong when it is to finish.
    #[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
    pub(crate) fn finish(self) {
        match self {
            Self::Requests => std::process::exit(0),
            Self::Deaf => loop {
                thread::park();
            },
            _ => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
fn start_and_forget() {
    drop(Command::new("/bin/true").spawn());
}
