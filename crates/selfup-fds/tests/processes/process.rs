//! Starts processes, examines them, and waits for them with a deadline.

#![allow(unsafe_code, reason = "numbers are looked at that nobody here owns")]

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use selfup_fds::{Address, FdSet, Inherited};

/// Long enough for a machine that does other things as well; nothing waits for it in good times.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// This program in another role.
pub(crate) fn role(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(format!("role:{name}"));
    command
}

/// A shell that runs a script, in which `"$0"` is this program.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(std::env::current_exe().unwrap());
    command
}

pub(crate) fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.args(["-c", script]);
    command
}

pub(crate) fn set(addresses: &[(&str, &str)]) -> FdSet {
    let mut fds = FdSet::new();
    for (name, address) in addresses {
        let address: Address = address.parse().unwrap();
        fds.bind(name, &address, &mut Inherited::none()).unwrap();
    }
    fds
}

/// What a successful child prints, given the fds.
pub(crate) fn output(fds: &FdSet, command: &mut Command) -> String {
    printed(fds.spawn(command.stdin(Stdio::null()).stdout(Stdio::piped())).unwrap())
}

/// What a child prints until its end, which must be a success.
pub(crate) fn printed(child: std::process::Child) -> String {
    let Output { status, stdout, .. } = in_time(move || child.wait_with_output().unwrap());
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{status}: {stdout}");
    stdout
}

/// Does something that may hang, and fails then.
pub(crate) fn in_time<T: Send + 'static>(doing: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let worker = std::thread::spawn(move || done.send(doing()));
    let result = wait.recv_timeout(DEADLINE).expect("it was done in time");
    worker.join().unwrap().unwrap();
    result
}

/// Waits until something is there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        nix::poll::poll(&mut [], 5_u16).unwrap();
    }
}

/// Numbers and targets of the open fds of a process.
pub(crate) fn fds_of(pid: &str) -> BTreeMap<RawFd, String> {
    let folder = format!("/proc/{pid}/fd");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter_map(|path| {
            // The one of the listing itself is gone by now.
            let target = std::fs::read_link(&path).ok()?.display().to_string();
            Some((path.file_name()?.to_str()?.parse().ok()?, target))
        })
        .filter(|(_, target)| !target.ends_with(&format!("/{}/fd", std::process::id())))
        .collect()
}

pub(crate) fn own_fds() -> BTreeMap<RawFd, String> {
    fds_of("self")
}

/// The process that runs the tests may have left descriptors open; they are not what is tested.
pub(crate) fn close_strays_on_exec() {
    for number in own_fds().into_keys().filter(|number| *number > 2) {
        // SAFETY: it was open a moment ago, and nothing closes it.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let flag = nix::fcntl::FdFlag::FD_CLOEXEC;
        nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_SETFD(flag)).unwrap();
    }
}

/// Reader and writer, close-on-exec.
pub(crate) fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap()
}

/// A copy of an fd at the lowest free number from a minimum.
pub(crate) fn copy_from(fd: impl AsFd, minimum: RawFd) -> OwnedFd {
    let copy = nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(minimum);
    let number = nix::fcntl::fcntl(fd.as_fd(), copy).unwrap();
    // SAFETY: it is new.
    unsafe { OwnedFd::from_raw_fd(number) }
}
