use super::{Manager, ends_by_finish, said};
use crate::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_for, wait_until};
use crate::{need, page};
use selfup_signals::{End, Signal};
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/runit.md");

/// runsvdir with one service.
#[derive(Debug)]
pub struct Runit {
    runsvdir: Process,
    service: PathBuf,
}

impl Runit {
    fn sv(&self, words: &[&str]) -> String {
        said(Command::new("sv").args(words).arg(&self.service))
    }
}

impl Manager for Runit {
    fn available() -> bool {
        ["runsvdir", "runsv", "sv"].into_iter().all(need::program)
    }

    fn start(sandbox: &Sandbox, command: &str) -> Self {
        sandbox.expect_files(["sv"]);
        for name in ["run", "finish"] {
            let text = page::file(PAGE, &format!("/etc/sv/app/{name}"), command);
            sandbox.script(format!("sv/app/{name}"), &text);
        }
        let mut runsvdir = Command::new("runsvdir");
        runsvdir.arg(sandbox.join("sv"));
        let runit = Self { runsvdir: sandbox.start(runsvdir), service: sandbox.join("sv/app") };
        // Before that, sv would find no supervisor.
        let control = runit.service.join("supervise/ok");
        wait_until("runsv to take orders", PATIENCE, || control.exists());
        runit
    }

    fn process(&self) -> &Process {
        &self.runsvdir
    }

    fn parent(&self) -> u32 {
        let runsvdir = self.runsvdir.pid();
        wait_for("runsv", PATIENCE, || children_of(runsvdir).first().copied())
    }

    fn pid(&self) -> Option<u32> {
        let status = self.sv(&["status"]);
        let running = status.strip_prefix("run: ")?;
        running.split_once("(pid ")?.1.split_once(')')?.0.parse().ok()
    }

    fn restart(&self) {
        self.sv(&["2"]);
    }

    fn stop(&self) {
        self.sv(&["down"]);
    }

    fn is_stopped(&self) -> bool {
        self.sv(&["status"]).starts_with("down: ")
    }

    fn ends(&self) -> Vec<End> {
        ends_by_finish(&self.runsvdir.lines(), -1)
    }

    fn output(&self) -> String {
        self.runsvdir.lines().join("\n")
    }

    fn last_signal() -> Signal {
        Signal::HUP
    }
}
