use super::{Manager, ends_by_finish, said};
use crate::sandbox::{PATIENCE, Process, Sandbox, children_of, wait_for, wait_until};
use crate::{need, page};
use selfup_signals::{End, Signal};
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/s6.md");

/// s6-svscan with one service.
#[derive(Debug)]
pub struct S6 {
    svscan: Process,
    service: PathBuf,
}

impl S6 {
    fn svc(&self, word: &str) {
        said(Command::new("s6-svc").arg(word).arg(&self.service));
    }

    fn stat(&self, what: &str) -> String {
        said(Command::new("s6-svstat").args(["-o", what]).arg(&self.service)).trim().to_owned()
    }
}

impl S6 {
    /// Whether the service has reported that it is ready.
    pub fn is_ready(&self) -> bool {
        self.stat("ready") == "true"
    }
}

impl Manager for S6 {
    fn available() -> bool {
        ["s6-svscan", "s6-supervise", "s6-svc", "s6-svstat", "s6-svok"]
            .into_iter()
            .all(need::program)
    }

    fn start(sandbox: &Sandbox, command: &str) -> Self {
        sandbox.expect_files(["service"]);
        if command.contains("notification_fd=3") {
            sandbox.script("service/app/notification-fd", "3\n");
        }
        for name in ["run", "finish"] {
            let text = page::file(PAGE, &format!("app/{name}"), command);
            sandbox.script(format!("service/app/{name}"), &text);
        }
        let mut svscan = Command::new("s6-svscan");
        svscan.arg(sandbox.join("service"));
        let s6 = Self { svscan: sandbox.start(svscan), service: sandbox.join("service/app") };
        // s6-supervise takes orders a moment before it writes the status of the service.
        wait_until("s6-supervise to take orders and to answer", PATIENCE, || {
            ["s6-svok", "s6-svstat"].into_iter().all(|program| {
                let output = Command::new(program).arg(&s6.service).output();
                output.is_ok_and(|output| output.status.success())
            })
        });
        s6
    }

    fn process(&self) -> &Process {
        &self.svscan
    }

    fn parent(&self) -> u32 {
        let svscan = self.svscan.pid();
        wait_for("s6-supervise", PATIENCE, || children_of(svscan).first().copied())
    }

    fn pid(&self) -> Option<u32> {
        // s6 prints -1 if there is no process.
        self.stat("pid").parse().ok()
    }

    fn restart(&self) {
        self.svc("-2");
    }

    fn stop(&self) {
        self.svc("-d");
    }

    fn is_stopped(&self) -> bool {
        self.stat("up,wantedup") == "false false"
    }

    fn ends(&self) -> Vec<End> {
        ends_by_finish(&self.svscan.lines(), 256)
    }

    fn output(&self) -> String {
        self.svscan.lines().join("\n")
    }

    fn last_signal() -> Signal {
        Signal::TERM
    }
}
