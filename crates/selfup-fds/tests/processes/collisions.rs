//! Tests collisions of numbers: the fds to pass, and those that the standard library opens, may have
//! any number.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use selfup_fds::{ErrorKind, FdSet, LocalAddress};

use crate::Case;
use crate::process::{copy_from, output, role, set};

pub(crate) const CASES: &[Case] = &[
    ("collisions::free_low_numbers", free_low_numbers),
    ("collisions::every_order_of_sources", every_order_of_sources),
    ("collisions::gaps_and_foreign_fds", gaps_and_foreign_fds),
    ("collisions::piped_streams", piped_streams),
    ("collisions::a_closed_standard_stream", a_closed_standard_stream),
    ("collisions::other_threads_close_low_numbers", other_threads_close_low_numbers),
];

/// Above all numbers that matter here.
const HIGH: RawFd = 60;

/// Unbound to any number: sockets to be placed, and where they are bound.
fn sockets(count: usize) -> Vec<(OwnedFd, String)> {
    let one = |_| {
        let low = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let shown = LocalAddress::of(&low).unwrap().to_string();
        (copy_from(&low, HIGH), shown)
    };
    (0..count).map(one).collect()
}

/// The child finds each at its number, nothing else, and a failed start is reported.
fn check(fds: &FdSet, expected: &[String]) {
    let printed = output(fds, &mut role("report"));
    let mut lines = printed.lines();
    for (index, address) in expected.iter().enumerate() {
        let line = lines.next().unwrap();
        assert_eq!(line, format!("{index} s{index} {} 1 {address}", index + 3), "{printed}");
    }
    let open: Vec<_> = (0..expected.len() + 3).collect();
    assert_eq!(lines.next().unwrap(), format!("open {open:?}"));

    let error = fds.spawn(&mut Command::new("/no/such/program")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Spawn);
}

fn placed(sockets: Vec<(OwnedFd, String)>) -> (FdSet, Vec<String>) {
    let mut fds = FdSet::new();
    let mut expected = Vec::new();
    for (index, (fd, address)) in sockets.into_iter().enumerate() {
        fds.insert(&format!("s{index}"), fd).unwrap();
        expected.push(address);
    }
    (fds, expected)
}

/// The standard library's own pipe would come to lie on 3, 4, ...
fn free_low_numbers() {
    for count in 1..=6 {
        let (fds, expected) = placed(sockets(count));
        check(&fds, &expected);
    }
}

/// Sources on the targets themselves: each on its own, turned round, turned by one.
fn every_order_of_sources() {
    for count in 2..=4 {
        for order in permutations(count) {
            let mut sockets = sockets(count);
            // The socket that is passed as number `3 + at` lies on the lowest free number.
            for &at in &order {
                let low = copy_from(sockets[at].0.as_fd(), 3);
                sockets[at].0 = low;
            }
            let (fds, expected) = placed(sockets);
            check(&fds, &expected);
        }
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let insert = |shorter: Vec<usize>| {
        (0..count).map(move |at| {
            let mut longer = shorter.clone();
            longer.insert(at, count - 1);
            longer
        })
    };
    permutations(count - 1).into_iter().flat_map(insert).collect()
}

/// Every pattern of free and foreign numbers among the targets, with sources beyond them.
fn gaps_and_foreign_fds() {
    let count = 4;
    for pattern in 0..1_u32 << count {
        let (fds, expected) = placed(sockets(count));
        let null = copy_from(File::open("/dev/null").unwrap(), HIGH);
        let mut foreign: Vec<_> = (0..count).map(|_| Some(copy_from(&null, 3))).collect();
        for (bit, fd) in foreign.iter_mut().enumerate() {
            if pattern & 1 << bit == 0 {
                *fd = None;
            }
        }
        check(&fds, &expected);
    }
}

/// The pipes for the child's streams are opened at low numbers as well.
fn piped_streams() {
    for count in 1..=6 {
        let (fds, expected) = placed(sockets(count));
        let mut command = role("report");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let out = fds.spawn(&mut command).unwrap().wait_with_output().unwrap();
        let out = String::from_utf8(out.stdout).unwrap();
        assert!(out.contains(expected.last().unwrap()), "{out}");
        let mut command = Command::new("/no/such/program");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        fds.spawn(&mut command).unwrap_err();
        // A file that lies on a target and is to become a stream.
        let file = copy_from(File::open("/proc/self/exe").unwrap(), 3);
        assert!(file.as_raw_fd() < HIGH);
        let mut command = Command::new("readlink");
        command.arg("/proc/self/fd/0").stdin(file).stdout(Stdio::piped());
        let out = fds.spawn(&mut command).unwrap().wait_with_output().unwrap();
        let own = std::env::current_exe().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap().trim_end(), own.to_str().unwrap());
    }
}

/// An fd that lies on 0 is passed, although the child's own input is put there.
fn a_closed_standard_stream() {
    let keep = copy_from(std::io::stdin(), HIGH);
    nix::unistd::close(0).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(listener.as_raw_fd(), 0);
    let address = LocalAddress::of(&listener).unwrap().to_string();
    let mut fds = FdSet::new();
    fds.insert("s0", listener.into()).unwrap();
    check(&fds, &[address]);
    drop(fds);
    nix::unistd::dup2_stdin(keep).unwrap();
}

/// A number that was taken when the child was prepared is free when the pipe is opened.
fn other_threads_close_low_numbers() {
    let churn = Churn::start();
    let (fds, _) = placed(sockets(6));
    for _ in 0..300 {
        let result = fds.spawn(&mut Command::new("/no/such/program"));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Spawn);
    }
    let real = set(&[("a", "127.0.0.1:0")]);
    for _ in 0..20 {
        assert!(real.spawn(&mut Command::new("true")).unwrap().wait().unwrap().success());
    }
    drop(churn);
}

/// A thread that opens and closes files at low numbers until this value is dropped.
struct Churn {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Churn {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                let files: Vec<_> = (0..6).map(|_| File::open("/dev/null")).collect();
                drop(files);
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}
