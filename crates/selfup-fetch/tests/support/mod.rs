//! Runs the programs with which publishers compress and pack.
#![allow(dead_code, reason = "no test file needs all of it")]
#![allow(clippy::unwrap_used, reason = "test code")]
#![allow(clippy::print_stderr, reason = "a test says what it leaves out")]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::Command;

/// What `program` writes when it is fed `input`; `None`, said aloud, where there is no such program.
pub(crate) fn fed(command: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    if !has_program(command[0]) {
        return None;
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    io::Seek::rewind(&mut file).unwrap();
    let output = Command::new(command[0]).args(&command[1..]).stdin(file).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Whether a program is there that a test needs; says so if not.
pub(crate) fn has_program(name: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    if !found.status.success() {
        let thread = std::thread::current();
        let line = format!("{}: needs the program {name}\n", thread.name().unwrap_or("a test"));
        eprint!("left out: {line}");
        note_left_out(&line);
    }
    found.status.success()
}

/// `cargo xtask test` lists what is noted here.
#[expect(clippy::disallowed_methods, reason = "the environment says where to note it")]
fn note_left_out(line: &str) {
    if let Some(file) = std::env::var_os("SELFUP_TESTS_LEFT_OUT") {
        let file = File::options().create(true).append(true).open(file);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// Something like a program: this one, as far as it is worth the time.
pub(crate) fn program(most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    file.take(most).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The most memory this process has ever had, in KiB.
pub(crate) fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Gives its bytes in pieces of `step`.
pub(crate) struct Trickle<'a>(pub(crate) &'a [u8], pub(crate) usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(buf.len()).min(self.0.len());
        buf[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}
