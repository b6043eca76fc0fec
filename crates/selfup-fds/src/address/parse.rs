//! Parses an address. It is a pure function of the text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Family, FdRef, Form, Host, Inet, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Name;
use crate::unix_name::{UnixKind, UnixName};

/// The longest path or abstract name, in bytes: `sun_path` has 108, one of which is the NUL
/// after a path or before an abstract name (unix(7)).
const LONGEST_UNIX_NAME: usize = 107;

/// The longest host name, in bytes (RFC 1035).
const LONGEST_HOST_NAME: usize = 253;

const SCHEMES: &str = "tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram, unixpacket, fd";

pub(super) fn form(text: &str) -> Result<Form> {
    after_scheme(text).map_err(|why| {
        Error::new(ErrorKind::InvalidAddress, format!("could not listen on {text:?}: {why}"))
    })
}

/// Why a text is not an address: the part of the message that follows the text itself.
type Why = String;

fn after_scheme(text: &str) -> Result<Form, Why> {
    let Some((scheme, rest)) = text.split_once("://") else {
        if text.contains('/') {
            return Err("a path needs its scheme; write `unix:///path`".to_owned());
        }
        return inet(Transport::Tcp, Family::Any, text);
    };
    match scheme {
        "tcp" => inet(Transport::Tcp, Family::Any, rest),
        "tcp4" => inet(Transport::Tcp, Family::V4, rest),
        "tcp6" => inet(Transport::Tcp, Family::V6, rest),
        "udp" => inet(Transport::Udp, Family::Any, rest),
        "udp4" => inet(Transport::Udp, Family::V4, rest),
        "udp6" => inet(Transport::Udp, Family::V6, rest),
        "unix" => unix(UnixKind::Stream, rest),
        "unixgram" => unix(UnixKind::Datagram, rest),
        "unixpacket" => unix(UnixKind::Seqpacket, rest),
        "fd" => fd(rest),
        _ => Err(format!("there is no scheme {scheme:?}; the schemes are {SCHEMES}")),
    }
}

fn inet(transport: Transport, family: Family, rest: &str) -> Result<Form, Why> {
    if rest.is_empty() {
        return Err("it is empty; write `HOST:PORT`, or `:PORT` for all interfaces".to_owned());
    }
    let (host, port) = if let Some(bracketed) = rest.strip_prefix('[') {
        let (ip, port) = bracketed
            .split_once(']')
            .ok_or_else(|| "the bracket of the IPv6 address is not closed".to_owned())?;
        let port = port.strip_prefix(':').ok_or_else(|| missing_port(rest))?;
        (ipv6(ip)?, port)
    } else {
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| missing_port(rest))?;
        (unbracketed(host)?, port)
    };
    match (family, &host) {
        (Family::V4, Host::Ip(IpAddr::V6(_)) | Host::Zoned(..)) => {
            Err("an IPv6 address contradicts a scheme that says IPv4".to_owned())
        }
        (Family::V6, Host::Ip(IpAddr::V4(_))) => {
            Err("an IPv4 address contradicts a scheme that says IPv6".to_owned())
        }
        _ => Ok(Form::Inet(Inet { transport, family, host, port: self::port(port)? })),
    }
}

fn missing_port(rest: &str) -> Why {
    if rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("the host is missing; write `:{rest}` for all interfaces");
    }
    format!("the port is missing; write `{}:PORT`", rest.escape_debug())
}

fn port(text: &str) -> Result<u16, Why> {
    if text.is_empty() {
        return Err("the port is missing after `:`; 0 stands for any free port".to_owned());
    }
    decimal(text)
        .and_then(|number| u16::try_from(number).ok())
        .ok_or_else(|| format!("the port {text:?} is no number from 0 to 65535"))
}

fn ipv6(text: &str) -> Result<Host, Why> {
    let bad = |ip: &str| format!("{ip:?} in brackets is no IPv6 address");
    let Some((ip, zone)) = text.split_once('%') else {
        return text.parse().map(|ip| Host::Ip(IpAddr::V6(ip))).map_err(|_| bad(text));
    };
    let ip: Ipv6Addr = ip.parse().map_err(|_| bad(ip))?;
    if zone.is_empty() || !zone.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'[') {
        return Err(format!("the zone {zone:?} names no network interface"));
    }
    Ok(Host::Zoned(ip, zone.to_owned()))
}

fn unbracketed(text: &str) -> Result<Host, Why> {
    if text.is_empty() {
        return Ok(Host::All);
    }
    if text.contains(':') {
        return Err("an IPv6 address goes in brackets; write `[ADDRESS]:PORT`".to_owned());
    }
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(IpAddr::V4(ip)));
    }
    host_name(text)
}

/// Refuses names that end in a number: resolvers would read `1.2.3` as another address.
fn host_name(text: &str) -> Result<Host, Why> {
    let labels = text.strip_suffix('.').unwrap_or(text);
    let last = labels.rsplit('.').next().unwrap_or_default();
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is no IPv4 address"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
    if labels.len() > LONGEST_HOST_NAME || !labels.split('.').all(is_label) {
        return Err(format!("{text:?} is no host name"));
    }
    Ok(Host::Name(text.to_owned()))
}

fn unix(kind: UnixKind, rest: &str) -> Result<Form, Why> {
    let scheme = kind.scheme();
    let (rest, mode) = match rest.rsplit_once("?mode=") {
        Some((name, mode)) => (name, Some(self::mode(mode)?)),
        None => (rest, None),
    };
    if rest.contains('\0') {
        return Err("a NUL byte cannot be in the name of a Unix socket".to_owned());
    }
    let (what, name, length) = if let Some(name) = rest.strip_prefix('@') {
        if name.is_empty() {
            return Err(format!("the abstract name is missing; write `{scheme}://@NAME`"));
        }
        ("abstract name", UnixName::Abstract(name.into()), name.len())
    } else if rest.starts_with('/') {
        ("path", UnixName::Path(rest.into()), rest.len())
    } else {
        return Err(format!(
            "a Unix socket has an absolute path or an abstract name; \
             write `{scheme}:///PATH` or `{scheme}://@NAME`"
        ));
    };
    if length > LONGEST_UNIX_NAME {
        return Err(format!(
            "the {what} of a Unix socket has at most {LONGEST_UNIX_NAME} bytes, \
             and this one has {length}"
        ));
    }
    if mode.is_some() && matches!(name, UnixName::Abstract(_)) {
        return Err("an abstract name has no file, and so no mode".to_owned());
    }
    Ok(Form::Unix { kind, name, mode })
}

/// Parses the bits of chmod(1) that have a meaning for a socket.
fn mode(text: &str) -> Result<u32, Why> {
    let digits = text.len() >= 3 && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o777);
    mode.ok_or_else(|| format!("the mode {text:?} is no octal number from 000 to 0777"))
}

fn fd(rest: &str) -> Result<Form, Why> {
    if rest.is_empty() {
        return Err("the name is missing; write `fd://NAME` or `fd://NUMBER`".to_owned());
    }
    if rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return decimal(rest)
            .and_then(|number| i32::try_from(number).ok())
            .map(|number| Form::Fd(FdRef::Number(number)))
            .ok_or_else(|| "that is no number of an fd".to_owned());
    }
    Name::parse(rest).map(|name| Form::Fd(FdRef::Name(name))).map_err(|error| error.to_string())
}

/// Parses digits alone, without the sign that `str::parse` accepts.
fn decimal(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
