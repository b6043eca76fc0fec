//! The namespaces and devices of the host, with which a process compares its own.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;

/// Folders that an init cleans, or fills.
pub(crate) const COVERED: [&str; 3] = ["/run", "/tmp", "/var/tmp"];

const NAMESPACES: [&str; 5] = ["pid", "mnt", "uts", "ipc", "cgroup"];

/// Namespaces and devices, by name, as this process sees them. It travels as words `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host(pub(crate) BTreeMap<String, String>);

impl Host {
    pub(crate) fn look() -> Self {
        let namespaces = NAMESPACES.map(|name| (name, namespace(name)));
        let devices = COVERED.map(|path| (path, device(path)));
        let all = namespaces.into_iter().chain(devices);
        Self(all.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// What both have the same.
    pub(crate) fn shares<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(|(name, value)| other.0.get(*name) == Some(value))
            .map(|(name, _)| &**name)
    }
}

fn namespace(name: &str) -> String {
    let link = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
    link.to_string_lossy().into_owned()
}

/// Of the file system that is on top at this path.
fn device(path: &str) -> String {
    fs::metadata(path).unwrap().dev().to_string()
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let pairs = words.split_whitespace().map(|word| {
            let (name, value) = word.split_once('=').ok_or_else(|| word.to_owned())?;
            Ok((name.to_owned(), value.to_owned()))
        });
        pairs.collect::<Result<_, String>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_as_text_and_shares_all_with_itself() {
        let host = Host::look();
        let copy: Host = host.to_string().parse().unwrap();
        assert_eq!(copy, host);
        assert_eq!(host.shares(&copy).count(), NAMESPACES.len() + COVERED.len());
    }
}
