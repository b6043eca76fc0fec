//! What a service must not do, so that it is seen that soak finds it.

use std::{
    env,
    fs::{self, File},
    os::{linux::net::SocketAddrExt, unix::net},
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
    /// A master waits for whoever reads its stderr.
    Stderr,
    /// A master waits for its manager.
    Manager,
    /// What the source says of the bytes is not held against them.
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

    /// What the master does wrong when a child serves.
    #[expect(clippy::disallowed_methods, reason = "to be wrong is what this is for")]
    pub(crate) fn leak(self) -> impl FnMut(&Event) {
        let (mut files, mut memory) = (Vec::new(), Vec::new());
        let manager = (self == Self::Manager).then(manager).flatten();
        move |event| {
            if self == Self::Stderr {
                eprintln!("[selfup] waits for whoever reads this");
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

/// Before `selfup::run` removes what tells it.
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
