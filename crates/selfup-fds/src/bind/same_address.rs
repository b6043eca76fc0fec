//! Compares the address of an open socket with a requested one.

use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use socket2::{SockRef, Type};

use super::inet;
use crate::address::{Address, Family, Form, Inet, Transport};
use crate::local_address::LocalAddress;
use crate::sys::system::listens;
use crate::unix_name::UnixName;

/// Returns whether binding the address could have created this socket. Port 0 matches any port.
pub(super) fn is_at(address: &Address, fd: BorrowedFd<'_>) -> bool {
    match (&address.form, LocalAddress::of(fd)) {
        (Form::Inet(inet), Some(LocalAddress::Tcp(at))) => {
            inet.transport == Transport::Tcp
                && listens(fd).unwrap_or(false)
                && is_at_inet(address, inet, at, fd)
        }
        (Form::Inet(inet), Some(LocalAddress::Udp(at))) => {
            inet.transport == Transport::Udp && is_at_inet(address, inet, at, fd)
        }
        (
            Form::Unix { kind, name, .. },
            Some(LocalAddress::Unix { kind: found, name: Some(at) }),
        ) => {
            *kind == found
                && same_name(name, &at)
                && (is_datagram(fd) || listens(fd).unwrap_or(false))
        }
        _ => false,
    }
}

/// Returns whether the kernel chooses the port of the address.
pub(super) fn asks_for_any_port(address: &Address) -> bool {
    matches!(&address.form, Form::Inet(inet) if inet.port == 0)
}

fn is_at_inet(address: &Address, inet: &Inet, at: SocketAddr, fd: BorrowedFd<'_>) -> bool {
    let fits = |wanted: &SocketAddr| {
        wanted.ip() == at.ip()
            && (inet.port == 0 || wanted.port() == at.port())
            && zone(wanted) == zone(&at)
    };
    // A name that cannot be resolved is reported when it is bound.
    let candidates = inet::candidates(address, inet).unwrap_or_default();
    candidates.iter().any(fits) && (!covers_all_of_ipv6(at) || same_family(inet, fd))
}

fn covers_all_of_ipv6(at: SocketAddr) -> bool {
    at.is_ipv6() && at.ip().is_unspecified()
}

/// Compares whether a socket on `[::]` covers IPv4 or leaves it free.
fn same_family(inet: &Inet, fd: BorrowedFd<'_>) -> bool {
    let only_v6 = SockRef::from(&fd).only_v6();
    only_v6.is_ok_and(|only_v6| only_v6 == (inet.family == Family::V6))
}

fn zone(address: &SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(v6) => v6.scope_id(),
    }
}

/// A path matches only while it leads to a socket: without its file, no client can connect.
fn same_name(wanted: &UnixName, at: &UnixName) -> bool {
    wanted == at
        && match at {
            UnixName::Path(path) => super::socket_file::is_live(path),
            UnixName::Abstract(_) => true,
        }
}

fn is_datagram(fd: BorrowedFd<'_>) -> bool {
    SockRef::from(&fd).r#type().is_ok_and(|found| found == Type::DGRAM)
}
