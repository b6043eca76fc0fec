use super::{Manager, said};
use crate::sandbox::{PATIENCE, Process, Sandbox, wait_until};
use crate::{need, page};
use selfup_signals::{End, Signal};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/supervisord.md");

/// What is not the program's: a socket to talk to, no log but what it prints, and a folder for what
/// the program prints.
const COMMON: &str = "[unix_http_server]\nfile=FOLDER/socket\n\
    [supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=FOLDER/pid\nchildlogdir=FOLDER\n\
    [rpcinterface:supervisor]\n\
    supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
    [supervisorctl]\nserverurl=unix://FOLDER/socket\n";

/// supervisord with one program.
#[derive(Debug)]
pub struct Supervisord {
    supervisord: Process,
    folder: PathBuf,
}

impl Supervisord {
    fn ctl(&self, words: &[&str]) -> String {
        said(self.command("supervisorctl \"$@\"").args(words))
    }

    /// A shell script that calls supervisorctl with the address of supervisord.
    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", "-c"]).arg(self.folder.join("conf"));
        command
    }
}

impl Manager for Supervisord {
    fn available() -> bool {
        ["supervisord", "supervisorctl"].into_iter().all(need::program)
    }

    fn start(sandbox: &Sandbox, command: &str) -> Self {
        sandbox.expect_files(["supervisor"]);
        let folder = sandbox.join("supervisor");
        fs::create_dir(&folder).unwrap();
        let program = page::file(PAGE, "/etc/supervisor/conf.d/app.conf", command);
        let conf = COMMON.replace("FOLDER", folder.to_str().unwrap()) + &program;
        fs::write(folder.join("conf"), conf).unwrap();
        let mut supervisord = Command::new("supervisord");
        supervisord.arg("-nc").arg(folder.join("conf"));
        let supervisord = sandbox.start(supervisord);
        // A start counts as good when it has lasted for a second.
        supervisord.wait_line("app entered RUNNING state", PATIENCE);
        let socket = folder.join("socket");
        wait_until("supervisord to take orders", PATIENCE, || socket.exists());
        Self { supervisord, folder }
    }

    fn process(&self) -> &Process {
        &self.supervisord
    }

    fn parent(&self) -> u32 {
        self.supervisord.pid()
    }

    fn pid(&self) -> Option<u32> {
        // supervisorctl prints 0, and fails, if there is no process.
        let said = said(self.command("supervisorctl \"$@\" || :").args(["pid", "app"]));
        said.trim().parse().ok().filter(|pid| *pid != 0)
    }

    fn restart(&self) {
        self.ctl(&["signal", "USR2", "app"]);
    }

    fn stop(&self) {
        // supervisorctl would wait for the stop.
        said(self.command("supervisorctl \"$@\" > /dev/null 2>&1 &").args(["stop", "app"]));
    }

    fn is_stopped(&self) -> bool {
        self.supervisord.lines().iter().any(|line| line.contains("stopped: app "))
    }

    fn ends(&self) -> Vec<End> {
        let lines = self.supervisord.lines();
        lines.iter().filter_map(|line| end_in(line)).collect()
    }

    fn output(&self) -> String {
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|it| it == "log"));
        logs.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    fn last_signal() -> Signal {
        Signal::TERM
    }
}

/// `… exited: app (exit status 3; not expected)`, `… stopped: app (terminated by SIGKILL)`.
fn end_in(line: &str) -> Option<End> {
    let (_, end) =
        line.split_once("exited: app (").or_else(|| line.split_once("stopped: app ("))?;
    let end = end.split([';', ')']).next()?;
    if let Some(code) = end.strip_prefix("exit status ") {
        return code.parse().ok().map(End::Exited);
    }
    let signal = end.strip_prefix("terminated by ")?.split(' ').next()?.parse().ok()?;
    Some(End::Signaled { signal, core_dumped: false })
}
