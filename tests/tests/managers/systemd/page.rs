//! Reads the units of docs/systemd.md, as they are there.

use selfup_tests::systemd;

const PAGE: &str = include_str!("../../../../docs/systemd.md");

/// The unit of this name: the fenced block that begins with its path.
pub(crate) fn unit(name: &str) -> &'static str {
    let start = format!("```ini\n# /etc/systemd/system/{name}\n");
    let (_, rest) = PAGE.split_once(&start).unwrap_or_else(|| panic!("no {name} on the page"));
    rest.split_once("```").unwrap().0
}

/// The settings for newer versions; there is nothing to test with an older one, or without.
pub(crate) fn reload_by_notification() -> Option<&'static str> {
    if !systemd::available() {
        return None;
    }
    let version = systemd::version();
    if version < 253 {
        eprintln!("systemd {version} has no Type=notify-reload, which came with 253");
        return None;
    }
    Some(unit("app.service.d/reload.conf"))
}
