//! The service of docs/systemd.md, with a program of the tests.

use super::{GUEST, page};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use selfup_tests::sandbox::{PATIENCE, children_of, state_of, tcp_listeners, wait_for, wait_until};
use selfup_tests::service::Deployment;
use selfup_tests::systemd::Systemd;
use selfup_tests::visitor::ask;
use std::net::SocketAddr;

pub(crate) const UNIT: &str = "app.service";
const UPGRADABLE: &str = env!("CARGO_BIN_EXE_upgradable");
const AXUM: &str = env!("CARGO_BIN_EXE_axum-example");

/// A program that is installed in a sandbox, and a systemd that has a unit for it.
#[derive(Debug)]
pub(crate) struct App {
    // Dropped first: nothing runs then in the sandbox that comes next.
    pub(crate) systemd: Systemd,
    pub(crate) deployment: Deployment,
}

impl App {
    /// Version 1 of the program `upgradable`, on a free port, with these arguments besides.
    /// `settings` go where the unit is to differ from the one of the page.
    #[track_caller]
    pub(crate) fn upgradable(name: &str, words: &[&str], settings: &str) -> Self {
        let words = [&["address=127.0.0.1:0"], words].concat();
        Self::version_1(name, &words, settings, &[])
    }

    /// Boots without an address, and with other units.
    #[track_caller]
    pub(crate) fn version_1(
        name: &str,
        words: &[&str],
        settings: &str,
        others: &[(&str, &str)],
    ) -> Self {
        let (deployment, _) = Deployment::with(name, UPGRADABLE, "version=1");
        Self::of(deployment, words, settings, others)
    }

    /// The axum example, on a free port.
    #[track_caller]
    pub(crate) fn axum(name: &str, settings: &str) -> Self {
        let (deployment, _) = Deployment::with(name, AXUM, "");
        Self::of(deployment, &["--address", "127.0.0.1:0"], settings, &[])
    }

    /// Boots with the unit of the page, and others; only the program's path and arguments are
    /// changed, and what the settings say, by a drop-in.
    #[track_caller]
    pub(crate) fn of(
        deployment: Deployment,
        words: &[&str],
        settings: &str,
        others: &[(&str, &str)],
    ) -> Self {
        let (program, words) = (deployment.program(), words.join(" "));
        let drop_in =
            format!("[Service]\nExecStart=\nExecStart={} {words}\n{settings}\n", program.display());
        let units = [(UNIT, page::unit(UNIT)), ("app.service.d/test.conf", &drop_in)];
        let units = [&units, others].concat();
        let systemd = Systemd::boot(deployment.sandbox(), GUEST, &units);
        Self { systemd, deployment }
    }

    /// Starts the service, and returns its address.
    #[track_caller]
    pub(crate) fn start(&self) -> SocketAddr {
        self.systemd.systemctl(&["start", UNIT]);
        self.wait_listening()
    }

    #[track_caller]
    pub(crate) fn wait_listening(&self) -> SocketAddr {
        let master = self.master();
        wait_for("the service to listen", PATIENCE, || tcp_listeners(master).first().copied())
    }

    pub(crate) fn reload(&self) {
        self.systemd.systemctl(&["reload", UNIT]);
    }

    #[track_caller]
    pub(crate) fn show(&self, property: &str) -> String {
        self.systemd.show(UNIT, property)
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, property: &str, value: &str) {
        self.systemd.wait_for(UNIT, property, value);
    }

    /// Whether this version responds, rather than another or none.
    pub(crate) fn responds_as(&self, version: u32) -> bool {
        let address = tcp_listeners(self.master()).first().copied();
        let response = address.and_then(|address| ask(address, "hello").ok());
        response.is_some_and(|response| response.starts_with(&format!("v{version} ")))
    }

    /// The main process, by its number outside.
    #[track_caller]
    pub(crate) fn master(&self) -> u32 {
        self.systemd.main_pid(UNIT)
    }

    /// Ends the master as an out-of-memory killer would; systemd ends its children.
    #[track_caller]
    pub(crate) fn kill_master(&self) {
        let master = self.master();
        let children = children_of(master);
        send(master, Signal::SIGKILL);
        wait_until("the children to be gone", PATIENCE, || {
            children.iter().all(|child| state_of(*child).is_none())
        });
    }

    /// Ends the test: nothing runs, and nothing is left.
    pub(crate) fn finish(self) {
        drop(self.systemd);
        self.deployment.finish();
    }
}

/// Sends a signal to a process, by its number outside.
pub(crate) fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// A word of the response to `id`.
#[track_caller]
pub(crate) fn ask_for(address: SocketAddr, key: &str) -> String {
    let response = ask(address, "id").expect("the service answers");
    let value = response.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {key} in {response}")).to_owned()
}

/// Waits until only this version responds.
#[track_caller]
pub(crate) fn wait_version(address: SocketAddr, version: u32) {
    let start = format!("v{version} ");
    let mut in_a_row = 0;
    wait_until(&format!("version {version} to answer"), 3 * PATIENCE, || {
        let response = ask(address, "hello").expect("the service answers");
        in_a_row = if response.starts_with(&start) { in_a_row + 1 } else { 0 };
        in_a_row == 5
    });
}
