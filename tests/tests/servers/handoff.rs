//! Tests restarts without a master: a process that starts its own successor, in both ways.

mod deaths;
mod double_deaths;
mod examples;
mod held;
mod inherited;
mod load;
mod many;
mod moment;
mod promises;
mod signals;
mod upgrades;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use selfup_tests::sandbox::{
    PATIENCE, Process, Sandbox, children_of, fds_of, state_of, threads_of, wait_until,
};
use selfup_tests::uninterrupted::uninterrupted;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

/// A server that hands over, and the process that serves.
struct Server {
    process: Process,
    address: SocketAddr,
    double: bool,
    serves: u32,
    generation: u64,
}

impl Server {
    /// `words` begin with the strategy and the way to serve.
    #[track_caller]
    fn start(sandbox: &Sandbox, words: &str) -> Self {
        let program = sandbox.copy(env!("CARGO_BIN_EXE_handing"), "handing");
        sandbox.expect_files(["handing"]);
        Self::start_at(sandbox, program, words)
    }

    #[track_caller]
    fn start_at(sandbox: &Sandbox, program: impl AsRef<OsStr>, words: &str) -> Self {
        let mut command = Command::new(program);
        command.args(words.split(' ')).current_dir(sandbox.path());
        let process = sandbox.start(command);
        let address = process.wait_listening(PATIENCE);
        process.wait_line("#1 ", PATIENCE);
        let serves = process.pid();
        Self { process, address, double: words.starts_with("double"), serves, generation: 1 }
    }

    fn signal(&self, signal: Signal) {
        send(self.serves, signal);
    }

    /// One handoff by the signal, until the next process is the only one.
    #[track_caller]
    fn hand_over(&mut self) {
        self.signal(Signal::SIGUSR2);
        self.wait_next();
    }

    /// One handoff by the signal, until the next process serves. Its predecessor may drain still.
    #[track_caller]
    fn hand_over_early(&mut self) {
        self.signal(Signal::SIGUSR2);
        self.wait_next_to_serve();
    }

    #[track_caller]
    fn wait_next(&mut self) {
        let before = self.serves;
        self.wait_next_to_serve();
        match self.double {
            true => self.wait_without_helper(),
            false => wait_until("the predecessor to end", PATIENCE, || has_ended(before)),
        }
    }

    #[track_caller]
    fn wait_next_to_serve(&mut self) {
        let before = self.serves;
        self.generation += if self.double { 2 } else { 1 };
        let starts = format!("#{} pid=", self.generation);
        let is_next = |line: &str| {
            let pid = pid_of(line);
            line.starts_with(&starts) && line.ends_with("serves") && (pid == before) == self.double
        };
        let line = self.process.wait_line_where("the next to serve", PATIENCE, is_next);
        self.serves = pid_of(&line);
    }

    /// Two handoffs that follow each other by themselves.
    #[track_caller]
    fn wait_next_two(&mut self) {
        let before = self.serves;
        self.generation += if self.double { 4 } else { 2 };
        let starts = format!("#{} pid=", self.generation);
        let is_it = |line: &str| {
            let returned = !self.double || pid_of(line) == before;
            line.starts_with(&starts) && line.ends_with("serves") && returned
        };
        let line = self.process.wait_line_where("the second to serve", PATIENCE, is_it);
        self.serves = pid_of(&line);
        if self.double {
            self.wait_without_helper();
        } else {
            let lines = self.process.lines();
            let between = lines.iter().find(|line| line.starts_with("#2 ")).unwrap();
            wait_until("the one in between to end", PATIENCE, || has_ended(pid_of(between)));
        }
    }

    #[track_caller]
    fn wait_without_helper(&self) {
        wait_until("the helper to be reaped", PATIENCE, || children_of(self.serves).is_empty());
    }

    /// The open descriptors, once nothing of the last handoff is left to be done: the thread that sees to handoffs has
    /// had a whole turn since.
    #[track_caller]
    fn settled_fds(&self) -> Vec<String> {
        // The loop that accepts has begun, and the thread of this connection has ended.
        self.is_served_by(self.generation, self.serves);
        wait_until("two threads", PATIENCE, || threads_of(self.serves) == 2);
        for _ in 0..2 {
            self.signal(Signal::SIGHUP);
            self.process.wait_line("hangup", PATIENCE);
        }
        fds(self.serves)
    }

    /// Asks once on a new connection.
    #[track_caller]
    fn ask(&self) -> String {
        ask(self.address).expect("the service answers")
    }

    #[track_caller]
    fn is_served_by(&self, generation: u64, pid: u32) {
        assert_eq!(self.ask(), format!("#{generation} pid={pid}\n"));
    }

    /// Drains, and nothing is left.
    #[track_caller]
    fn stop(&self) {
        self.signal(Signal::SIGQUIT);
        self.wait_ended();
    }

    #[track_caller]
    fn wait_ended(&self) {
        wait_until("the service to end", PATIENCE, || has_ended(self.serves));
        assert!(ask(self.address).is_err(), "nothing listens any more");
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut bytes = [0; 1024];
    let mut response = String::new();
    while !response.contains("pid=") {
        match uninterrupted(|| stream.read(&mut bytes))? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => response += &String::from_utf8_lossy(&bytes[..read]),
        }
    }
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    Ok(body.to_owned())
}

fn pid_of(line: &str) -> u32 {
    let digits = line.split_once("pid=").map_or("", |(_, rest)| rest);
    digits.split(' ').next().unwrap().trim().parse().unwrap_or(0)
}

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

/// The process has ended, whether or not its parent has collected it.
fn has_ended(pid: u32) -> bool {
    matches!(state_of(pid), None | Some('Z'))
}

/// What the open descriptors of a process are, by their kinds.
fn fds(pid: u32) -> Vec<String> {
    let kind = |path: std::path::PathBuf| {
        let text = path.to_string_lossy().into_owned();
        text.split(['[', ' ']).next().unwrap().to_owned()
    };
    let mut fds: Vec<_> = fds_of(pid).into_iter().map(|(_, path)| kind(path)).collect();
    fds.sort_unstable();
    fds
}
