//! The sockets at which this process waits for input now, as far as the kernel shows it.
//!
//! A program that took its socket out of its `Listener` need not report that it serves where the kernel shows it: a
//! thread that sleeps in accept(2), recv(2), poll(2) or select(2), or a socket that an epoll(7) watches for input
//! alone. A socket that is watched for input and output at once does not count: tokio registers every socket in that
//! way as soon as it is created, which says nothing about when it accepts.

use std::{collections::BTreeSet, fs, os::unix::fs::FileExt};

/// The inodes of all sockets at which this process waits.
pub(crate) fn sockets_waited_on() -> BTreeSet<u64> {
    let mut inodes = watched_by_epoll();
    inodes.extend(waited_on_by_threads());
    inodes
}

const EPOLLIN: u32 = libc::EPOLLIN as u32;
const EPOLLOUT: u32 = libc::EPOLLOUT as u32;

/// From `/proc/self/fdinfo`; see
/// [proc_pid_fdinfo(5)](https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html).
fn watched_by_epoll() -> BTreeSet<u64> {
    let mut inodes = BTreeSet::new();
    for entry in fs::read_dir("/proc/self/fd").into_iter().flatten().flatten() {
        if !fs::read_link(entry.path())
            .is_ok_and(|link| link.as_os_str() == "anon_inode:[eventpoll]")
        {
            continue;
        }
        let info = format!("/proc/self/fdinfo/{}", entry.file_name().display());
        let info = fs::read_to_string(info).unwrap_or_default();
        inodes.extend(info.lines().filter_map(watched));
    }
    inodes
}

/// The inode of a line such as `tfd: 5 events: 80002001 data: 0 pos:0 ino:1f2 sdev:8`.
fn watched(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("tfd:")?;
    let (number, rest) = rest.split_once("events:")?;
    let (events, rest) = rest.trim_start().split_once(' ')?;
    let events = u32::from_str_radix(events, 16).ok()?;
    if events & EPOLLIN == 0 || events & EPOLLOUT != 0 {
        return None;
    }
    match rest.split_once("ino:") {
        Some((_, inode)) => u64::from_str_radix(inode.split(' ').next()?, 16).ok(),
        None => inode_of(number.trim().parse().ok()?),
    }
}

/// From `/proc/self/task/*/syscall`; see
/// [proc_pid_syscall(5)](https://man7.org/linux/man-pages/man5/proc_pid_syscall.5.html).
fn waited_on_by_threads() -> BTreeSet<u64> {
    let mut inodes = BTreeSet::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let call = fs::read_to_string(entry.path().join("syscall")).unwrap_or_default();
        inodes.extend(call_of(&call).into_iter().flat_map(descriptors).filter_map(inode_of));
    }
    inodes
}

/// A call of the system that a thread is in: its number and its first two arguments.
type Call = (libc::c_long, u64, u64);

fn call_of(text: &str) -> Option<Call> {
    let mut fields = text.split_ascii_whitespace();
    let number = fields.next()?.parse().ok()?;
    let mut argument = || u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok();
    Some((number, argument()?, argument()?))
}

/// The descriptors from which the call waits for input.
fn descriptors((number, first, second): Call) -> Vec<i32> {
    match number {
        libc::SYS_accept4 => vec![first as i32],
        libc::SYS_recvfrom | libc::SYS_recvmsg | libc::SYS_recvmmsg | libc::SYS_read => {
            vec![first as i32]
        }
        libc::SYS_ppoll => polled(first, second),
        libc::SYS_pselect6 => selected(first, second),
        // Those with a wide time, of all processors of 32 bits.
        #[cfg(target_pointer_width = "32")]
        414 => polled(first, second),
        #[cfg(target_pointer_width = "32")]
        413 => selected(first, second),
        #[cfg(target_arch = "x86")]
        libc::SYS_socketcall => socketcall(first, second).into_iter().collect(),
        #[cfg(not(target_arch = "x86"))]
        libc::SYS_accept => vec![first as i32],
        #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))]
        libc::SYS_poll => polled(first, second),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => selected(first, second),
        #[cfg(any(target_arch = "x86", target_arch = "arm"))]
        libc::SYS__newselect => selected(first, second),
        _ => Vec::new(),
    }
}

/// The descriptor of socketcall(2), if the call waits for input. Its arguments are in memory.
#[cfg(target_arch = "x86")]
fn socketcall(call: u64, arguments: u64) -> Option<i32> {
    // accept, recv, recvfrom, recvmsg, accept4, recvmmsg; see `linux/net.h`.
    if !matches!(call, 5 | 10 | 12 | 17 | 18 | 19) {
        return None;
    }
    let bytes = memory(arguments, 4)?;
    Some(i32::from_ne_bytes(bytes.try_into().ok()?))
}

/// The bytes that a thread's call points to. They may change while they are read; then what is read
/// makes no sense, and leads to no socket.
fn memory(address: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    fs::File::open("/proc/self/mem").ok()?.read_exact_at(&mut bytes, address).ok()?;
    Some(bytes)
}

/// Enough for any program that waits in this way.
const MOST: u64 = 1024;

/// Those of an array of `struct pollfd`: a descriptor, what is waited for, what happened.
fn polled(address: u64, count: u64) -> Vec<i32> {
    let bytes = memory(address, 8 * count.min(MOST) as usize).unwrap_or_default();
    let (entries, _) = bytes.as_chunks::<8>();
    let read = entries.iter().map(|[a, b, c, d, e, f, ..]| {
        (i32::from_ne_bytes([*a, *b, *c, *d]), i16::from_ne_bytes([*e, *f]))
    });
    read.filter(|(_, events)| events & libc::POLLIN != 0).map(|(fd, _)| fd).collect()
}

/// Those of an `fd_set`: a bit for each descriptor.
fn selected(count: u64, address: u64) -> Vec<i32> {
    let count = count.min(MOST) as usize;
    let bytes = memory(address, count.div_ceil(8)).unwrap_or_default();
    let is_set = |fd: &usize| bytes.get(fd / 8).is_some_and(|byte| byte & (1 << (fd % 8)) != 0);
    (0..count).filter(is_set).map(|fd| fd as i32).collect()
}

/// The inode of a socket of this process.
fn inode_of(fd: i32) -> Option<u64> {
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{
        net::UdpSocket,
        os::fd::AsFd,
        thread,
        time::{Duration, Instant},
    };

    use nix::{
        poll::{PollFd, PollFlags, PollTimeout, poll},
        sys::stat::fstat,
    };

    use super::*;

    #[test]
    fn an_epoll_that_watches_for_input_alone_counts() {
        let line = "tfd:        5 events: 80002001 data:                0  pos:0 ino:1f sdev:8";
        assert_eq!(watched(line), Some(0x1f));
        for other in [line.replace("80002001", "80002005"), line.replace("80002001", "40000000")] {
            assert_eq!(watched(&other), None, "{other}");
        }
        assert_eq!(watched("pos:\t0"), None);
    }

    #[test]
    fn threads_that_wait_at_a_socket_are_seen_and_sockets_at_which_nobody_waits_are_not() {
        let socket = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (received, polled, idle) = (socket(), socket(), socket());
        let inode = |socket: &UdpSocket| fstat(socket).unwrap().st_ino;
        let waits_at = |socket: &UdpSocket| {
            let begun = Instant::now();
            while !sockets_waited_on().contains(&inode(socket)) {
                assert!(begun.elapsed() < Duration::from_secs(30), "nobody is seen to wait");
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| received.recv(&mut [0; 8]).unwrap());
            scope.spawn(|| {
                let mut fds = [PollFd::new(polled.as_fd(), PollFlags::POLLIN)];
                poll(&mut fds, PollTimeout::NONE).unwrap()
            });
            waits_at(&received);
            waits_at(&polled);
            assert!(!sockets_waited_on().contains(&inode(&idle)));
            for socket in [&received, &polled] {
                idle.send_to(b"done", socket.local_addr().unwrap()).unwrap();
            }
        });
    }
}
