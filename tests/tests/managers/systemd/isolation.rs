//! Tests that systemd starts only where it cannot reach anything of the host.

use super::GUEST;
use selfup_tests::need;
use selfup_tests::sandbox::Sandbox;
use selfup_tests::systemd::{self, Systemd, start_instead};

/// In place of systemd: nothing happens if it is run where it must not be.
const STARTED: [&str; 2] = ["/bin/echo", "it was started"];

#[test]
fn an_init_is_not_started_unless_all_is_covered() {
    if !need::root() || !need::program("unshare") {
        return;
    }
    let sandbox = Sandbox::new("systemd-isolation");
    let said = start_instead(&sandbox, GUEST, "nothing", &STARTED);
    assert_eq!(said, ["it was started"]);
    for (without, why) in [
        ("/tmp", "/tmp is the host's"),
        ("/run", "/run is the host's"),
        ("/var/tmp", "/var/tmp is the host's"),
        ("cgroup", "no cgroup2 is mounted at /sys/fs/cgroup"),
        ("private", "what is mounted at / does not stay here: shared:"),
        ("read-only", "/ can be written"),
    ] {
        let said = start_instead(&sandbox, GUEST, without, &STARTED);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("/bin/echo is not started: "), "{said:?}");
        assert!(said[0].contains(why), "{said:?}");
    }
    sandbox.finish();
}

#[test]
fn a_unit_finds_nothing_of_the_host_that_it_could_write() {
    if !systemd::available() {
        return;
    }
    let sandbox = Sandbox::new("systemd-writes");
    let path = sandbox.path().display();
    let unit = format!(
        "[Service]\nType=oneshot\nExecStart=sh -c 'for path in / /etc /usr /var /home /opt /dev /sys /proc/sys /tmp \
         /run /var/tmp {path}; do test -w $$path && echo $$path; done; ls -A /tmp /var/tmp'\n"
    );
    let systemd = Systemd::boot(&sandbox, GUEST, &[("look.service", &unit)]);
    systemd.systemctl(&["start", "look.service"]);
    let said = systemd.output("look.service");
    let name = sandbox.path().file_name().unwrap().to_str().unwrap();
    let expected = format!("/tmp\n/run\n/var/tmp\n{path}\n/tmp:\n{name}\n\n/var/tmp:\n");
    assert_eq!(said, expected, "what can be written, and what is in the new folders");
    drop(systemd);
    sandbox.finish();
}
