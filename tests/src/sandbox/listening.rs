//! The addresses on which a process listens, and those to which it connects, as the kernel lists them.

use super::proc::{children_of, fds_of};
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The kernel's number for a TCP socket that listens, `TCP_LISTEN`.
const LISTEN: &str = "0A";
/// The kernel's number for a UDP socket that is not connected.
const UNCONNECTED: &str = "07";
/// The kernel's number for a TCP socket whose connection is not yet accepted, `TCP_SYN_SENT`.
const CONNECTING: &str = "02";

/// The columns of the kernel's tables.
const OWN: usize = 1;
const PEER: usize = 2;

/// The addresses on which this process or its children accept TCP connections.
#[must_use]
pub fn tcp_listeners(pid: u32) -> Vec<SocketAddr> {
    sockets(pid, ["tcp", "tcp6"], LISTEN, OWN)
}

/// The addresses on which this process or its children receive UDP datagrams from any sender.
#[must_use]
pub fn udp_sockets(pid: u32) -> Vec<SocketAddr> {
    sockets(pid, ["udp", "udp6"], UNCONNECTED, OWN)
}

/// The addresses to which this process or its children try to connect, so far in vain.
#[must_use]
pub fn tcp_connecting(pid: u32) -> Vec<SocketAddr> {
    sockets(pid, ["tcp", "tcp6"], CONNECTING, PEER)
}

fn sockets(pid: u32, tables: [&str; 2], state: &str, column: usize) -> Vec<SocketAddr> {
    let family = std::iter::once(pid).chain(children_of(pid));
    let inodes: BTreeSet<String> = family.flat_map(socket_inodes).collect();
    let mut found = Vec::new();
    for table in tables {
        // The process's own view: it may live in another network namespace.
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for row in text.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>()) {
            if row.get(3) == Some(&state) && row.get(9).is_some_and(|i| inodes.contains(*i)) {
                found.extend(row.get(column).and_then(|address| parse(address)));
            }
        }
    }
    found
}

/// A socket's descriptor leads to `socket:[inode]`.
fn socket_inodes(pid: u32) -> impl Iterator<Item = String> {
    fds_of(pid).into_iter().filter_map(|(_, target)| {
        Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    })
}

/// `0100007F:1F90`: words of the address in hexadecimal and in the machine's byte order, the port
/// plainly in hexadecimal.
fn parse(address: &str) -> Option<SocketAddr> {
    let (address, port) = address.split_once(':')?;
    let words: Option<Vec<u32>> = (0..address.len() / 8)
        .map(|n| u32::from_str_radix(&address[n * 8..][..8], 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::V4(Ipv4Addr::from(bytes)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?)),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn this_process_is_found_where_it_listens() {
        let own = std::process::id();
        let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
        let v6 = TcpListener::bind("[::1]:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let listeners = tcp_listeners(own);
        assert!(listeners.contains(&v4.local_addr().unwrap()), "{listeners:?}");
        assert!(listeners.contains(&v6.local_addr().unwrap()), "{listeners:?}");
        assert!(udp_sockets(own).contains(&udp.local_addr().unwrap()));
    }

    #[test]
    fn rows_that_make_no_sense_are_no_address() {
        for text in ["", "0100007F", "01:0050", "0100007F:xyz", "ééééé:0050"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
