//! The type [`Address`]: where to listen, as an operator writes it.

mod parse;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::RawFd;
use std::str::FromStr;

use crate::error::Error;
use crate::name::Name;
use crate::unix_name::{UnixKind, UnixName};

/// A valid address to listen on.
///
/// | text | meaning |
/// |---|---|
/// | `host:port` | TCP on that host name or IP address; IPv6 addresses in brackets |
/// | `:port` | TCP on all interfaces, IPv4 and IPv6; IPv4 alone where the machine has no IPv6 |
/// | `tcp://…`, `udp://…` | the same two forms, with an explicit protocol |
/// | `tcp4://…`, `udp4://…` | IPv4 only |
/// | `tcp6://…`, `udp6://…` | IPv6 only: `tcp6://[::]:80` leaves IPv4 free, `tcp://[::]:80` does not |
/// | `unix:///path`, `unixgram:///path`, `unixpacket:///path` | a Unix socket: stream, datagram, seqpacket |
/// | `unix:///path?mode=0660` | with the mode of the file, whatever the umask; otherwise the umask decides |
/// | `unix://@name` and so on | the same with an abstract name, which leaves no file (Linux) |
/// | `fd://name`, `fd://3` | an inherited fd, by its name in `LISTEN_FDNAMES` or by its number |
///
/// A host name is bound to the first of its addresses that this machine has, and to no other: `localhost:80` is
/// `[::1]:80` on most machines, and a client that connects to `127.0.0.1` does not reach it. To listen on both, give
/// both: `127.0.0.1:80` and `[::1]:80`. `[::]:80` covers IPv4 too, unless `0.0.0.0:80` is given as well
/// ([`beside`](Self::beside)).
///
/// With port 0 the kernel chooses a free port, which [`FdSet::local_address`](crate::FdSet::local_address) returns.
/// An IPv6 address may have a zone: `[fe80::1%eth0]:80`, `[fe80::1%2]:80`. Host names are resolved when they are
/// bound, not here.
///
/// An address prints with its scheme, and parses to an equal address.
///
/// UDP needs care if two generations of a program overlap: both read the same socket, and the kernel gives each
/// datagram to one of them. Let only one of the two read at a time.
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
///     r#"could not listen on "localhost": the port is missing; write `localhost:PORT`"#,
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
    Unix { kind: UnixKind, name: UnixName, mode: Option<u32> },
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

const EVERY_V4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const EVERY_V6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

impl Inet {
    fn is_every_v4(&self) -> bool {
        match self.host {
            Host::Ip(ip) => ip == EVERY_V4,
            Host::All => self.family == Family::V4,
            Host::Zoned(..) | Host::Name(_) => false,
        }
    }
}

impl Address {
    /// Returns whether this is `fd://…`: an fd to adopt rather than a socket to bind.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        matches!(self.form, Form::Fd(_))
    }

    /// Returns the address to bind together with these others: `[::]:80` leaves IPv4 free if `0.0.0.0:80` is
    /// one of them, so that both can be bound. Every other address is returned unchanged.
    ///
    /// ```
    /// use selfup_fds::Address;
    ///
    /// let both: [Address; 2] = ["0.0.0.0:80".parse()?, "[::]:80".parse()?];
    /// assert_eq!(both[1].beside(&both).to_string(), "tcp6://[::]:80");
    /// assert_eq!(both[1].beside(&both[1..]).to_string(), "tcp://[::]:80");
    /// # Ok::<(), selfup_fds::Error>(())
    /// ```
    #[must_use]
    pub fn beside<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> Self {
        let Form::Inet(inet) = &self.form else { return self.clone() };
        let covers_both = inet.family == Family::Any && inet.host == Host::Ip(EVERY_V6);
        let is_the_other = |other: &Self| {
            matches!(&other.form, Form::Inet(other) if other.is_every_v4()
                && (other.transport, other.port) == (inet.transport, inet.port))
        };
        if inet.port == 0 || !covers_both || !others.into_iter().any(is_the_other) {
            return self.clone();
        }
        Self { form: Form::Inet(Inet { family: Family::V6, ..inet.clone() }) }
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
            Form::Unix { kind, name, mode: None } => write!(f, "{}://{name}", kind.scheme()),
            Form::Unix { kind, name, mode: Some(mode) } => {
                write!(f, "{}://{name}?mode={mode:04o}", kind.scheme())
            }
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
