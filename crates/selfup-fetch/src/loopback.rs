//! Recognises hosts that are this machine itself.

use std::net::IpAddr;

/// Returns whether this host of a URL is this machine: an address of the loopback network, `localhost`, or a name
/// below it (RFC 6761, section 6.3).
///
/// An IPv6 address may be in its brackets.
///
/// # Examples
///
/// ```
/// use selfup_fetch::is_loopback;
///
/// assert!(is_loopback("127.0.0.1") && is_loopback("[::1]") && is_loopback("localhost"));
/// assert!(!is_loopback("localhost.example.com"));
/// ```
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "LocalHost",
            "a.localhost.",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "0.0.0.0", "10.0.0.1", "[::2]", "127.0.0.1.example", "localhost.com", "xlocalhost"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
