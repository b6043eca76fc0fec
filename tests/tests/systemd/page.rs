//! The units of docs/systemd.md, as they are there.

const PAGE: &str = include_str!("../../../docs/systemd.md");

/// The unit of this name: the fenced block that begins with its path.
pub(crate) fn unit(name: &str) -> &'static str {
    let start = format!("```ini\n# /etc/systemd/system/{name}\n");
    let (_, rest) = PAGE.split_once(&start).unwrap_or_else(|| panic!("no {name} on the page"));
    rest.split_once("```").unwrap().0
}
