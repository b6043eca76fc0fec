//! Runs a real systemd as process 1 of namespaces of its own, with only the units of a test.
//!
//! It has the folder of the sandbox at the same path, and can write to no other place that outlives it:
//! the program `guest` sets that up, and refuses to start it otherwise. It shares the network of the
//! host, so that a test can call its services.
//!
//! systemd reports the pids of its namespace; the functions here return those of the host.

mod namespace;
mod unit_files;

use crate::need;
use crate::sandbox::{PATIENCE, Process, Sandbox, try_wait_for, wait_for, wait_until};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

/// The path at which distributions such as Debian install it; no search path contains it.
const SYSTEMD: &str = "/lib/systemd/systemd";
/// The folder of systemd in the sandbox.
const FOLDER: &str = "systemd";
/// The folder of the units; there are no others.
pub const UNITS: &str = "systemd/units";
/// What each service prints, in a file of its name.
const OUTPUT: &str = "systemd/output";
/// The file to which the kernel log of the guest goes.
pub const LOG: &str = "systemd/log";
/// Where the cgroups are mounted, outside.
pub const CGROUPS: &str = "systemd/cgroups";

/// Whether everything that systemd needs is here; if not, this test is noted as left out.
#[must_use = "a test that lacks something it needs returns"]
pub fn available() -> bool {
    need::root()
        && [SYSTEMD, "systemctl", "unshare", "nsenter", "setpriv"].into_iter().all(need::program)
}

/// The version, such as 252.
pub fn version() -> u32 {
    let output = Command::new("systemctl").arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a version")
}

/// See the [module](self). Dropping it kills all that runs in it.
#[derive(Debug)]
pub struct Systemd {
    sandbox: PathBuf,
    outside: Process,
    init: u32,
}

impl Systemd {
    /// Boots with these units, none of them started. `guest` is `env!("CARGO_BIN_EXE_guest")`.
    #[track_caller]
    pub fn boot(sandbox: &Sandbox, guest: &str, units: &[(&str, &str)]) -> Self {
        let unit = format!("--unit={}", unit_files::BOOTED);
        let init = [SYSTEMD, "--system", &unit, "--log-target=kmsg"];
        let command = prepared(sandbox, guest, "nothing", &init);
        let folder = sandbox.join(UNITS);
        unit_files::write_common(&folder, sandbox.path(), &sandbox.join(OUTPUT));
        unit_files::write(&folder, units);
        let outside = sandbox.start(command);
        let init = wait_for("systemd as process 1", PATIENCE, || {
            assert!(outside.status().is_none(), "systemd is not started: {:?}", outside.lines());
            namespace::init_of(outside.pid()).filter(|init| namespace::name_of(*init) == "systemd")
        });
        let systemd = Self { sandbox: sandbox.path().to_owned(), outside, init };
        systemd.wait_running();
        systemd
    }

    /// The output of systemctl with these arguments.
    ///
    /// # Panics
    ///
    /// If it fails.
    #[track_caller]
    pub fn systemctl(&self, args: &[&str]) -> String {
        let output = self.try_systemctl(args);
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "systemctl {args:?}: {}\n{text}\n{error}", output.status);
        text
    }

    /// Runs systemctl in the same way, however it ends.
    pub fn try_systemctl(&self, args: &[&str]) -> Output {
        self.command("systemctl").args(args).output().unwrap()
    }

    /// A command that runs beside the units.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string(), "--mount", "--pid", "--", program]);
        command
    }

    /// A property of a unit, as `systemctl show` prints it.
    #[track_caller]
    pub fn show(&self, unit: &str, property: &str) -> String {
        self.systemctl(&["show", unit, "--value", "--property", property])
    }

    /// Waits until a property of a unit is this.
    ///
    /// # Panics
    ///
    /// If it is not in time; the message has its last value.
    #[track_caller]
    pub fn wait_for(&self, unit: &str, property: &str, value: &str) {
        self.wait_where(unit, property, value, |found| found == value);
    }

    /// Waits until a property of a unit is as wanted, and returns it. `what` is for people.
    #[track_caller]
    pub fn wait_where(
        &self,
        unit: &str,
        property: &str,
        what: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> String {
        let asked = Instant::now();
        wait_for(&format!("{property} of {unit}"), 2 * PATIENCE, || {
            let found = self.show(unit, property);
            let late = asked.elapsed() >= PATIENCE;
            assert!(!late || wanted(&found), "{property} of {unit} is {found:?}, and not {what}");
            wanted(&found).then_some(found)
        })
    }

    /// The main process of a service.
    #[track_caller]
    pub fn main_pid(&self, unit: &str) -> u32 {
        let inside = self.show(unit, "MainPID").parse().unwrap();
        assert_ne!(inside, 0, "{unit} has no main process");
        namespace::outside(self.init, inside).expect("the main process runs")
    }

    /// All that a service has printed so far.
    pub fn output(&self, unit: &str) -> String {
        fs::read_to_string(self.sandbox.join(OUTPUT).join(unit)).unwrap_or_default()
    }

    /// Waits until a service has printed this.
    #[track_caller]
    pub fn wait_output(&self, unit: &str, text: &str) {
        wait_until(&format!("{unit} to print “{text}”"), PATIENCE, || {
            self.output(unit).contains(text)
        });
    }

    /// Replaces or adds units, and has systemd read all of them again.
    #[track_caller]
    pub fn write_units(&self, units: &[(&str, &str)]) {
        unit_files::write(&self.sandbox.join(UNITS), units);
        self.systemctl(&["daemon-reload"]);
    }

    #[track_caller]
    fn wait_running(&self) {
        wait_until("systemd to have started", PATIENCE, || {
            let lines = self.outside.lines();
            assert!(self.outside.status().is_none(), "systemd has ended: {lines:?}");
            self.try_systemctl(&["is-system-running"]).stdout == b"running\n"
        });
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // All processes in its namespace die with it, and then those above it end.
        if let Some(init) = namespace::init_of(self.outside.pid()) {
            namespace::kill(init);
        }
        let ended = try_wait_for(PATIENCE, || self.outside.status());
        if std::thread::panicking() {
            self.print_outputs();
        } else {
            assert!(ended.is_some(), "systemd cannot be ended: {:?}", self.outside.lines());
        }
    }
}

impl Systemd {
    fn print_outputs(&self) {
        for entry in fs::read_dir(self.sandbox.join(OUTPUT)).into_iter().flatten().flatten() {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            eprintln!("── what {} printed\n{text}", entry.file_name().display());
        }
    }
}

/// The output if `guest` is to start this program instead of systemd, with a part of the
/// preparation left out.
pub fn start_instead(
    sandbox: &Sandbox,
    guest: &str,
    without: &str,
    program: &[&str],
) -> Vec<String> {
    let outside = sandbox.start(prepared(sandbox, guest, without, program));
    outside.wait(PATIENCE);
    outside.wait_all_lines(PATIENCE)
}

/// The command, with all that it expects in the sandbox.
fn prepared(sandbox: &Sandbox, guest: &str, without: &str, init: &[&str]) -> Command {
    sandbox.expect_files([FOLDER]);
    for folder in [UNITS, OUTPUT, CGROUPS] {
        fs::create_dir_all(sandbox.join(folder)).unwrap();
    }
    if !sandbox.join(LOG).exists() {
        mkfifo(&sandbox.join(LOG), Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    }
    // If this process is killed, the guest ends with it.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "unshare", "--mount", "--", guest, "outside"]);
    command.arg(sandbox.path()).arg(without).args(init);
    command
}
