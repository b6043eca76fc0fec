//! The hosts that `NO_PROXY` exempts from the proxy.

use std::net::IpAddr;

/// The hosts that need no proxy, as `NO_PROXY` lists them.
///
/// Commas or spaces separate entries. A name, with or without a leading dot or `*.`, matches itself
/// and all names below it. An IP address matches itself, or its network if `/n` follows. `*`
/// matches all hosts. `:port` after a name limits the entry to that port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoProxy(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    All,
    Name(String, Option<u16>),
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Reads a list. An invalid entry matches nothing.
    pub(crate) fn parse(list: &str) -> Self {
        let texts = list.split([',', ' ', '\t', '\n']).filter(|text| !text.is_empty());
        Self(texts.filter_map(Entry::parse).collect())
    }

    pub(crate) fn has(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let address = bare(&host).parse().ok();
        self.0.iter().any(|entry| entry.matches(&host, address, port))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Some(Self::Network(address.parse().ok()?, bits.parse().ok()?));
        }
        if let Ok(address) = bare(text).parse() {
            return Some(Self::Network(address, 128));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let name = name.strip_prefix('*').unwrap_or(name);
        let name = name.trim_matches('.').to_ascii_lowercase();
        (!name.is_empty()).then_some(Self::Name(name, port))
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Name(name, only) => {
                let above = host.strip_suffix(name.as_str());
                only.is_none_or(|only| only == port)
                    && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            Self::Network(network, bits) => {
                address.is_some_and(|address| prefix(*network, *bits) == prefix(address, *bits))
            }
        }
    }
}

/// The IP address in a host, with or without brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The first bits of an IP address, and its family.
fn prefix(address: IpAddr, bits: u8) -> (bool, u128) {
    let (is_v4, number, width) = match address {
        IpAddr::V4(address) => (true, u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (false, u128::from(address), 128),
    };
    (is_v4, number.checked_shr(width - u32::from(bits).min(width)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_stand_for_what_they_say() {
        for (list, host, is_in) in [
            ("example.com", "example.com", true),
            ("example.com", "a.b.Example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", true),
            ("*.example.com", "a.example.com", true),
            ("other, example.com", "example.com", true),
            ("other example.com.", "example.com", true),
            ("example.com:81", "example.com", true),
            ("example.com:80", "example.com", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "ten.example", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "[::1]", false),
            ("::1", "[::1]", true),
            ("[::1]", "[::1]", true),
            ("fd00::/8", "[fd12::3]", true),
            ("fd00::/8", "[fe80::3]", false),
            ("*", "anything", true),
            ("", "anything", false),
            (",, ,", "anything", false),
            (".", "anything", false),
            ("x:y", "x", false),
        ] {
            assert_eq!(NoProxy::parse(list).has(host, 81), is_in, "{host} in {list:?}");
        }
    }

    proptest! {
        #[test]
        fn no_list_panics(list in "[a-z0-9.:/*, \\[\\]]{0,30}", host in "[a-z0-9.:\\[\\]]{0,20}") {
            NoProxy::parse(&list).has(&host, 80);
        }
    }
}
