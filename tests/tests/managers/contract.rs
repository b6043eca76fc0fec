//! Tests the contract that holds under any process manager.

use selfup_signals::{End, Pid, Signal, send};
use selfup_tests::manager::Manager;
use selfup_tests::sandbox::{PATIENCE, children_of, tcp_listeners, wait_for, wait_until};
use selfup_tests::service::{Deployment, put};
use selfup_tests::visitor::{Held, Visitors, ask};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

const KILLED: End = End::Signaled { signal: Signal::KILL, core_dumped: false };
const UPGRADABLE: &str = env!("CARGO_BIN_EXE_upgradable");

/// A program that is installed, and a manager that runs it.
#[derive(Debug)]
pub(crate) struct App<M> {
    manager: M,
    deployment: Deployment,
    published: PathBuf,
}

impl<M: Manager> App<M> {
    #[track_caller]
    pub(crate) fn start(address: SocketAddr) -> Self {
        let (deployment, first) = Deployment::with("managed", UPGRADABLE, "version=1");
        let published = deployment.sandbox().join("releases/app");
        put(first.path(), &published, 0o755);
        let command = format!(
            "{} address={address} drain_on_terminate probation=100 debug file={}",
            deployment.program().display(),
            published.display()
        );
        let manager = M::start(deployment.sandbox(), &command);
        Self { manager, deployment, published }
    }

    /// Where it listens, once it does, and has nothing else in hand.
    #[track_caller]
    fn address(&self) -> SocketAddr {
        let master = self.manager.wait_pid();
        wait_until("the service to have looked for a release", PATIENCE, || {
            let output = self.manager.output();
            let of_this_master = output.rsplit("started child #1 ").next();
            of_this_master.is_some_and(|said| said.contains("up to date"))
        });
        wait_for("the service to listen", PATIENCE, || tcp_listeners(master).first().copied())
    }

    /// How many masters have been started so far.
    fn masters(&self) -> usize {
        self.manager.output().matches("started child #1 ").count()
    }

    /// The children of the manager that run the program.
    fn running(&self) -> Vec<u32> {
        let program = self.deployment.program();
        let runs_it = |pid: &u32| {
            let exe = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            exe.to_string_lossy().starts_with(&*program.to_string_lossy())
        };
        children_of(self.manager.parent()).into_iter().filter(runs_it).collect()
    }

    #[track_caller]
    fn finish(self) {
        self.manager.end();
        self.deployment.finish();
    }
}

fn kill(pid: i32) {
    send(Pid::new(pid).unwrap(), Signal::KILL).unwrap();
}

/// A word of the response to `id`.
#[track_caller]
fn ask_for(address: SocketAddr, key: &str) -> String {
    let response = ask(address, "id").expect("the service answers");
    let value = response.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {key} in {response}")).to_owned()
}

/// Waits until every response contains this.
#[track_caller]
fn wait_response(address: SocketAddr, what: &str) {
    let mut in_a_row = 0;
    wait_until(&format!("“{what}” to be answered"), 3 * PATIENCE, || {
        let response = ask(address, "hello").expect("the service answers");
        in_a_row = if response.contains(what) { in_a_row + 1 } else { 0 };
        in_a_row == 5
    });
}

pub(crate) fn restarts_and_upgrades_keep_the_pid_and_lose_nothing<M: Manager>(app: App<M>) {
    let (address, master) = (app.address(), app.manager.wait_pid());
    let visitors = Visitors::come(address);
    for generation in 2..=4 {
        app.manager.restart();
        wait_response(address, &format!("generation={generation} "));
        assert_eq!(app.running(), [master]);
    }
    let held = Held::start(address);
    app.manager.wait_output("v1 holds a request");
    let second = app.deployment.release("version=2");
    put(second.path(), &app.published, 0o755);
    wait_response(address, "v2 ");
    assert_eq!(ask_for(address, "id"), second.id());
    assert_eq!(app.running(), [master]);
    assert_eq!(app.manager.pid(), Some(master));
    assert!(held.finish().starts_with("v1 "));
    visitors.leave();
    assert_eq!((app.manager.ends(), app.masters()), (vec![], 1));
    app.finish();
}

pub(crate) fn a_stop_lets_requests_finish<M: Manager>(app: App<M>) {
    let (address, master) = (app.address(), app.manager.wait_pid());
    let held = Held::start(address);
    app.manager.wait_output("v1 holds a request");
    app.manager.stop();
    app.manager.wait_output("v1 finishes");
    assert_eq!(app.running(), [master]);
    assert!(!app.manager.is_stopped(), "a request is open");
    assert!(held.finish().starts_with("v1 "));
    wait_until("the service to be stopped", PATIENCE, || app.manager.is_stopped());
    wait_until("the end to be reported", PATIENCE, || app.manager.ends() == [End::Exited(0)]);
    assert_eq!((app.running(), app.manager.pid(), app.masters()), (vec![], None, 1));
    app.finish();
}

/// The manager sees the master alone, and learns from it how the program ended.
pub(crate) fn the_end_of_the_program_is_reported_and_it_is_started_again<M: Manager>(app: App<M>) {
    let mut expected = Vec::new();
    for (number, end) in (1..).zip([KILLED, End::Exited(3)]) {
        let (address, master) = (app.address(), app.manager.wait_pid());
        assert_eq!((app.running(), app.masters()), (vec![master], number));
        if end == KILLED {
            kill(ask_for(address, "pid").parse().unwrap());
        } else {
            assert!(ask(address, "exit").is_err(), "it exits instead of an answer");
        }
        expected.push(end);
        wait_until("the end to be reported", PATIENCE, || app.manager.ends() == expected);
        wait_until("another master", PATIENCE, || {
            let running = app.running();
            assert!(running.len() <= 1, "{running:?}");
            app.masters() == number + 1
        });
        assert_ne!(app.manager.wait_pid(), master);
    }
    wait_response(app.address(), "v1 ");
    app.finish();
}

/// The master is killed. Requests under way are completed, and the next master has the address.
pub(crate) fn a_killed_master_is_replaced_while_its_child_finishes<M: Manager>(app: App<M>) {
    let (address, master) = (app.address(), app.manager.wait_pid());
    let held = Held::start(address);
    app.manager.wait_output("v1 holds a request");
    kill(master.cast_signed());
    wait_until("another master to serve", PATIENCE, || {
        ask(address, "hello").is_ok() && app.manager.pid().is_some_and(|pid| pid != master)
    });
    assert!(held.finish().starts_with("v1 "));
    wait_until("the end to be reported", PATIENCE, || app.manager.ends().first() == Some(&KILLED));
    // Where the manager was so quick that the old child still had the address, it tried again.
    let again = &app.manager.ends()[1..];
    assert!(again.iter().all(|end| *end == End::Exited(1)), "{again:?}");
    assert_eq!((app.address(), app.running().len()), (address, 1));
    app.finish();
}
