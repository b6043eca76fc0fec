//! Tests the init script of docs/openrc.md, with a pid file of the master.

use selfup_signals::{Pid, Signal, send};
use selfup_tests::sandbox::{PATIENCE, Process, tcp_listeners, wait_for, wait_until};
use selfup_tests::service::{Deployment, put};
use selfup_tests::visitor::{Held, Visitors, ask};
use selfup_tests::{need, page};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/openrc.md");
const UPGRADABLE: &str = env!("CARGO_BIN_EXE_upgradable");

/// What `status` exits with: running, dead with a file that says otherwise, not running.
const RUNNING: i32 = 0;
const DEAD: i32 = 1;
const STOPPED: i32 = 3;

struct Script {
    deployment: Deployment,
    script: PathBuf,
    pid_file: PathBuf,
    published: PathBuf,
}

impl Script {
    fn new(name: &str) -> Self {
        let (deployment, first) = Deployment::with(name, UPGRADABLE, "version=1");
        let sandbox = deployment.sandbox();
        let (published, pid_file) = (sandbox.join("releases/app"), sandbox.join("app.pid"));
        put(first.path(), &published, 0o755);
        let command = format!(
            "{} -- address=127.0.0.1:0 drain_on_terminate probation=100 file={} pid_file={}",
            deployment.program().display(),
            published.display(),
            pid_file.display()
        );
        let text = page::file(PAGE, "/etc/init.d/app", &command);
        let text = text.replace("/run/app.pid", pid_file.to_str().unwrap());
        let script = sandbox.write("script", text);
        Self { deployment, script, pid_file, published }
    }

    fn start_to(&self, what: &str) -> Process {
        let mut command = Command::new("sh");
        command.arg(&self.script).arg(what);
        self.deployment.sandbox().start(command)
    }

    /// The exit code.
    fn has(&self, what: &str) -> Option<i32> {
        self.start_to(what).wait(PATIENCE).code()
    }

    /// Starts the service, and returns its process id and its address.
    fn start(&self) -> (u32, SocketAddr) {
        assert_eq!(self.has("start"), Some(0));
        let master = wait_for("a pid that runs", PATIENCE, || {
            (self.has("status") == Some(RUNNING)).then(|| self.pid())
        });
        let address = tcp_listeners(master).first().copied();
        (master, address.expect("it is there when the service is up"))
    }

    fn pid(&self) -> u32 {
        fs::read_to_string(&self.pid_file).unwrap().trim_end().parse().unwrap()
    }
}

fn wait_response(address: SocketAddr, what: &str) {
    wait_until(&format!("“{what}” to be answered"), 3 * PATIENCE, || {
        ask(address, "hello").expect("the service answers").contains(what)
    });
}

fn kill(pid: u32) {
    send(Pid::new(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn a_service_is_driven_by_its_pid_file() {
    if !need::program("start-stop-daemon") {
        return;
    }
    let script = Script::new("init-script");
    assert_eq!(script.has("status"), Some(STOPPED));
    let (master, address) = script.start();
    let visitors = Visitors::come(address);
    assert_eq!(script.has("start"), Some(1), "it runs already");
    assert_eq!(script.has("reload"), Some(0));
    wait_response(address, "generation=2 ");
    let second = script.deployment.release("version=2");
    put(second.path(), &script.published, 0o755);
    wait_response(address, "v2 ");
    visitors.leave();
    assert_eq!((script.pid(), script.has("status")), (master, Some(RUNNING)));

    let held = Held::start(address);
    assert!(ask(address, "hello").is_ok(), "which is accepted after it");
    let stop = script.start_to("stop");
    wait_until("the service to stop accepting", PATIENCE, || tcp_listeners(master).is_empty());
    assert_eq!((stop.status(), script.pid()), (None, master));
    assert!(held.finish().starts_with("v2 "));
    assert_eq!(stop.wait(PATIENCE).code(), Some(0));
    assert!(!script.pid_file.exists());
    assert_eq!(script.has("status"), Some(STOPPED));
    script.deployment.finish();
}

#[test]
fn after_a_crash_the_script_starts_the_service_anew() {
    if !need::program("start-stop-daemon") {
        return;
    }
    let script = Script::new("init-script-crash");
    // The program dies: the master ends as it did, and removes its file.
    let (_, address) = script.start();
    let response = ask(address, "hello").unwrap();
    let child = response.split(' ').find_map(|word| word.strip_prefix("pid=")).unwrap();
    kill(child.parse().unwrap());
    wait_until("the pid file to be gone", PATIENCE, || !script.pid_file.exists());
    assert_eq!(script.has("status"), Some(STOPPED));

    // The master is killed, and can remove nothing.
    let (master, _) = script.start();
    kill(master);
    wait_until("the master to be gone", PATIENCE, || script.has("status") == Some(DEAD));
    assert_eq!(script.pid(), master);
    let (next, address) = script.start();
    assert_ne!(next, master);
    wait_response(address, "v1 ");
    assert_eq!(script.has("stop"), Some(0));
    script.deployment.finish();
}
