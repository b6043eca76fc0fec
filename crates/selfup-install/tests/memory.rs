//! Tests the use of memory, alone in its file to have a process for itself.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::io::{Read, repeat};

use selfup_install::{Checks, Expected};
use support::{Sandbox, example};

/// The most memory this process has ever had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_size() {
    const SIZE: u64 = 256 << 20;
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    // A real program with zeros behind it, which still runs.
    let program = example("answer");
    let install = |padding| {
        let mut reader = fs::File::open(&program).unwrap().chain(repeat(0).take(padding));
        let mut staged = target.stage(Expected::new()).unwrap();
        let written = staged.write(&mut reader, &mut |_| ()).unwrap();
        assert!(written > padding);
        staged.verify(Checks::new()).unwrap().install().unwrap().commit().unwrap();
    };
    install(1);
    let before = peak();
    install(SIZE);
    let growth = peak() - before;
    assert!(growth < 2048, "{growth} KiB");
}
