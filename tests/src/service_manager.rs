//! A service manager that receives messages of sd_notify(3): the socket, and the messages so far.

use crate::sandbox::{PATIENCE, Sandbox, wait_for};
use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use std::fmt;
use std::io::{ErrorKind, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Listens, as the manager does.
#[derive(Debug)]
pub struct ServiceManager {
    path: PathBuf,
    socket: UnixDatagram,
    datagrams: Mutex<Vec<Datagram>>,
}

/// One datagram.
#[derive(Debug)]
struct Datagram {
    /// Its fields, one to a line.
    text: String,
    /// The descriptor that came with it.
    fd: Option<OwnedFd>,
}

impl ServiceManager {
    /// Listens in the sandbox's folder.
    pub fn new(sandbox: &Sandbox) -> Self {
        let path = sandbox.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        sandbox.expect_files(["notify"]);
        Self { path, socket, datagrams: Mutex::default() }
    }

    /// Fills the queue, so that nothing more goes in before something is read.
    pub fn fill(&self) {
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect(&self.path).unwrap();
        sender.set_nonblocking(true).unwrap();
        while sender.send(b"X_FILLER=1").is_ok() {}
    }

    /// Sets the variable by which the command finds this manager.
    pub fn of(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path);
    }

    /// Waits for the next datagrams until one has all of these words, and returns its text.
    #[track_caller]
    pub fn wait(&self, words: &[&str]) -> String {
        wait_for(&format!("{words:?} after {self}"), PATIENCE, || {
            let text = self.next(Duration::from_millis(5))?;
            words.iter().all(|word| text.contains(word)).then_some(text)
        })
    }

    /// Waits until nothing has come for so long.
    ///
    /// # Panics
    ///
    /// If it never gets quiet.
    #[track_caller]
    pub fn wait_quiet(&self, time: Duration) {
        let asked = Instant::now();
        while self.next(time).is_some() {
            assert!(asked.elapsed() < PATIENCE, "it never gets quiet: {self}");
        }
    }

    /// The descriptors that came with fields in which these words are, taken out.
    pub fn take_fds(&self, word: &str) -> Vec<OwnedFd> {
        let mut datagrams = self.datagrams.lock().unwrap();
        datagrams
            .iter_mut()
            .filter(|datagram| datagram.text.contains(word))
            .filter_map(|t| t.fd.take())
            .collect()
    }

    fn next(&self, within: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(within)).unwrap();
        let datagram = receive(&self.socket)?;
        let text = datagram.text.clone();
        self.datagrams.lock().unwrap().push(datagram);
        Some(text)
    }
}

fn receive(socket: &UnixDatagram) -> Option<Datagram> {
    let mut bytes = [0; 4096];
    let mut control = cmsg_space!(RawFd);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let got = match recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags) {
        Ok(got) => got,
        Err(errno) if std::io::Error::from(errno).kind() == ErrorKind::WouldBlock => return None,
        Err(errno) => panic!("could not read what the service reports: {errno}"),
    };
    let fd = got.cmsgs().unwrap().find_map(|message| match message {
        ControlMessageOwned::ScmRights(fds) => fds.first().copied().map(own),
        _ => None,
    });
    let length = got.bytes;
    Some(Datagram { text: String::from_utf8_lossy(&bytes[..length]).into_owned(), fd })
}

#[expect(unsafe_code, reason = "a descriptor that came in a message has no owner yet")]
fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just opened it for this process, and nothing else uses its number.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

impl fmt::Display for ServiceManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datagrams = self.datagrams.lock().unwrap();
        datagrams
            .iter()
            .try_for_each(|datagram| write!(f, "[{}]", datagram.text.trim_end().replace('\n', " ")))
    }
}
