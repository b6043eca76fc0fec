//! Tests `ETXTBSY`, alone in its file so that no other test forks meanwhile.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use support::{Sandbox, install, probe_script};

const ROUNDS: u32 = 200;

/// Every fork takes along, until it executes, the descriptor that the new executable is being
/// written through; as long as it does, no process can execute that file.
#[test]
fn a_program_that_forks_all_the_time_installs_without_a_failure() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let (done, forks) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let mut command = Command::new("/bin/true");
                    assert!(support::spawn(&mut command).wait().unwrap().success());
                    forks.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Also where an installation panics.
        let _at_the_end = Stop(&done);
        for round in 0..ROUNDS {
            install(&target, &probe_script(&format!("round {round}"))).commit().unwrap();
        }
    });
    assert!(forks.into_inner() > ROUNDS / 10);
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
