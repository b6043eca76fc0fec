//! Binds TCP and UDP sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::os::fd::OwnedFd;

use socket2::{Domain, Socket, Type};

use super::{BACKLOG, failed};
use crate::address::{Address, Family, Host, Inet, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Binds the first of the host's addresses that this machine has.
///
/// Only an address that this machine cannot have (no IPv6, or a name that other hosts have too) is skipped. One that
/// is in use is an error, because the next one may not be what was meant.
pub(super) fn bind(address: &Address, inet: &Inet) -> Result<OwnedFd> {
    let candidates = candidates(address, inet)?;
    let mut last = None;
    for candidate in candidates {
        match open(inet, candidate) {
            Ok(fd) => return Ok(fd),
            Err(error) => {
                let next = is_not_of_this_machine(&error);
                last = Some((candidate, error));
                if !next {
                    break;
                }
            }
        }
    }
    Err(match last {
        Some((candidate, error)) => failed(address, hint(inet, candidate, &error), error),
        None => Error::new(
            ErrorKind::Resolve,
            format!("could not listen on {address}: the host has no address of that family"),
        ),
    })
}

pub(super) fn candidates(address: &Address, inet: &Inet) -> Result<Vec<SocketAddr>> {
    let every_v4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let every_v6 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let with_port = |ip| SocketAddr::new(ip, inet.port);
    Ok(match (&inet.host, inet.family) {
        (Host::All, Family::Any) => vec![with_port(every_v6), with_port(every_v4)],
        (Host::All, Family::V4) => vec![with_port(every_v4)],
        (Host::All, Family::V6) => vec![with_port(every_v6)],
        (Host::Ip(ip), _) => vec![with_port(*ip)],
        (Host::Zoned(ip, zone), _) => {
            let scope = scope(address, zone)?;
            vec![SocketAddr::V6(SocketAddrV6::new(*ip, inet.port, 0, scope))]
        }
        (Host::Name(name), family) => {
            let mut found: Vec<SocketAddr> = (name.as_str(), inet.port)
                .to_socket_addrs()
                .map_err(|error| {
                    let message =
                        format!("could not listen on {address}: could not look up the host");
                    Error::new(ErrorKind::Resolve, message).because(error)
                })?
                .collect();
            found.retain(|candidate| match family {
                Family::Any => true,
                Family::V4 => candidate.is_ipv4(),
                Family::V6 => candidate.is_ipv6(),
            });
            found
        }
    })
}

fn scope(address: &Address, zone: &str) -> Result<u32> {
    if let Ok(index) = zone.parse() {
        return Ok(index);
    }
    nix::net::if_::if_nametoindex(zone).map_err(|errno| {
        let hint = format!("there is no network interface {zone:?}");
        failed(address, Some(hint), errno.into())
    })
}

fn open(inet: &Inet, at: SocketAddr) -> io::Result<OwnedFd> {
    let socket_type = match inet.transport {
        Transport::Tcp => Type::STREAM,
        Transport::Udp => Type::DGRAM,
    };
    // Close-on-exec from the start, and blocking.
    let socket = Socket::new(Domain::for_address(at), socket_type, None)?;
    if at.is_ipv6() {
        // Set it in both cases, because the default is a setting of the machine (net.ipv6.bindv6only).
        socket.set_only_v6(inet.family == Family::V6)?;
    }
    if inet.transport == Transport::Tcp {
        // Connections of an earlier run in TIME_WAIT must not block the port. This is not done for
        // UDP, where the same option would let two programs bind one port.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&at.into())?;
    if inet.transport == Transport::Tcp {
        socket.listen(BACKLOG)?;
    }
    Ok(socket.into())
}

fn is_not_of_this_machine(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::EADDRNOTAVAIL)
    )
}

fn hint(inet: &Inet, at: SocketAddr, error: &io::Error) -> Option<String> {
    let port = at.port();
    Some(match error.raw_os_error()? {
        libc::EADDRINUSE if at.is_ipv6() && at.ip().is_unspecified() => {
            if inet.family == Family::V6 {
                format!("another socket has port {port}, on all interfaces or on one")
            } else {
                let scheme = scheme(inet.transport);
                format!(
                    "another socket has port {port}; this one covers IPv4 as well, \
                     so that 0.0.0.0:{port} collides with it; {scheme}6://[::]:{port} is IPv6 alone"
                )
            }
        }
        libc::EADDRINUSE if at.ip().is_unspecified() => format!(
            "another socket has port {port}; a dual-stack one on [::]:{port} collides as well"
        ),
        libc::EADDRINUSE => format!("another socket has port {port}"),
        libc::EACCES => {
            format!("port {port} is privileged; it needs root, or CAP_NET_BIND_SERVICE")
        }
        libc::EADDRNOTAVAIL => format!("no interface of this machine has the address {}", at.ip()),
        libc::EAFNOSUPPORT if at.is_ipv6() => "this machine has no IPv6".to_owned(),
        libc::EINVAL if at.is_ipv6() => {
            "a link-local address needs its zone; write [ADDRESS%INTERFACE]:PORT".to_owned()
        }
        libc::EMFILE | libc::ENFILE => {
            "there is no free fd; raise the limit of open files (RLIMIT_NOFILE)".to_owned()
        }
        _ => return None,
    })
}

fn scheme(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}
