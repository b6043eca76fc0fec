//! Faults that a service must not have, to check that soak finds them.

use std::{
    env,
    fs::{self, File},
    os::{linux::net::SocketAddrExt, unix::net},
    process::Command,
    thread,
};

use selfup::Event;

/// One fault; soak names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    No,
    /// The master opens a file at each restart.
    Descriptor,
    /// The master starts a thread at each restart.
    Thread,
    /// The master does not reap a child of its own.
    Zombie,
    /// The master leaves a file beside the executable.
    File,
    /// The master leaks 16 KiB.
    Memory,
    /// A child ends with requests under way.
    Requests,
    /// A child does not drain.
    Deaf,
    /// A child dies of signals that are for the program.
    Signals,
    /// A master that could not start a child ends.
    GivesUp,
    /// A master waits for the reader of its stderr.
    Stderr,
    /// A master waits for its manager.
    Manager,
    /// The bytes are not compared with the digest of the source.
    Credulous,
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
            Some("stderr") => Self::Stderr,
            Some("manager") => Self::Manager,
            Some("credulous") => Self::Credulous,
            _ => Self::No,
        }
    }

    /// The faults of the master when a child serves.
    #[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
    pub(crate) fn leak(self) -> impl FnMut(&Event) {
        let (mut files, mut memory) = (Vec::new(), Vec::new());
        let manager = (self == Self::Manager).then(manager).flatten();
        move |event| {
            if self == Self::Stderr {
                eprintln!("[selfup] waits for the reader of this");
            }
            if let Some(manager) = &manager {
                manager.send(b"X_WAITS=1").ok();
            }
            if self == Self::GivesUp && matches!(event, Event::SpawnFailed { .. }) {
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

    /// The faults of a child when it is to drain.
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

/// Runs before `selfup::run` removes the variable.
#[expect(clippy::disallowed_methods, reason = "it is not for the program to know")]
fn manager() -> Option<net::UnixDatagram> {
    let name = env::var("NOTIFY_SOCKET").ok()?;
    let address = net::SocketAddr::from_abstract_name(name.strip_prefix('@')?).ok()?;
    let socket = net::UnixDatagram::unbound().ok()?;
    socket.connect_addr(&address).ok()?;
    Some(socket)
}

#[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
fn start_and_forget() {
    drop(Command::new("/bin/true").spawn());
}
