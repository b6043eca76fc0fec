//! Where to listen, as an operator writes it.

mod parse;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::RawFd;
use std::str::FromStr;

use crate::error::Error;
use crate::name::Name;
use crate::unix_name::{UnixKind, UnixName};

/// Where to listen, checked.
///
/// | text | meaning |
/// |---|---|
/// | `host:port` | TCP on that host name or IP address; IPv6 addresses in brackets |
/// | `:port` | TCP on all interfaces, IPv4 and IPv6; IPv4 alone where the machine has no IPv6 |
/// | `tcp://…`, `udp://…` | the same two forms, with the protocol said |
/// | `tcp4://…`, `udp4://…` | IPv4 only |
/// | `tcp6://…`, `udp6://…` | IPv6 only: `tcp6://[::]:80` leaves IPv4 free, `tcp://[::]:80` does not |
/// | `unix:///path`, `unixgram:///path`, `unixpacket:///path` | a Unix socket: stream, datagram, seqpacket |
/// | `unix://@name` and so on | the same with an abstract name, which leaves no file (Linux) |
/// | `fd://name`, `fd://3` | an inherited fd, by its name in `LISTEN_FDNAMES` or by its number |
///
/// Port 0 asks the kernel for a free port; [`FdSet::local_address`](crate::FdSet::local_address)
/// tells which one it was. An IPv6 address may carry a zone: `[fe80::1%eth0]:80`, `[fe80::1%2]:80`.
/// Host names are looked up when they are bound, not here.
///
/// The displayed form always names its scheme, and parses to an equal address.
///
/// UDP needs care where two generations of a program overlap: both read the same socket, and the
/// kernel gives each datagram to one of them only. Let one of the two read at a time.
///
/// # Examples
///
/// ```
/// use selfup_fds::Address;
///
/// let address: Address = "127.0.0.1:3000".parse()?;
/// assert_eq!(address.to_string(), "tcp://127.0.0.1:3000");
///
/// let error = "localhost".parse::<Address>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"cannot listen on "localhost": the port is missing; write `localhost:PORT`"#,
/// );
/// # Ok::<(), selfup_fds::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub(crate) form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    Inet(Inet),
    Unix { kind: UnixKind, name: UnixName },
    Fd(FdRef),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inet {
    pub(crate) transport: Transport,
    pub(crate) family: Family,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Any,
    V4,
    V6,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    All,
    Ip(IpAddr),
    /// An IPv6 address and its zone: the name or index of an interface.
    Zoned(Ipv6Addr, String),
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FdRef {
    Name(Name),
    Number(RawFd),
}

impl Address {
    /// Whether this is `fd://…`: an fd to adopt rather than a socket to make.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        matches!(self.form, Form::Fd(_))
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse::form(text).map(|form| Self { form })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Inet(inet) => inet.fmt(f),
            Form::Unix { kind, name } => write!(f, "{}://{name}", kind.scheme()),
            Form::Fd(FdRef::Name(name)) => write!(f, "fd://{}", name.as_str()),
            Form::Fd(FdRef::Number(number)) => write!(f, "fd://{number}"),
        }
    }
}

impl fmt::Display for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        let family = match self.family {
            Family::Any => "",
            Family::V4 => "4",
            Family::V6 => "6",
        };
        write!(f, "{scheme}{family}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Ip(IpAddr::V4(ip)) => ip.fmt(f),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Zoned(ip, zone) => write!(f, "[{ip}%{zone}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}
