//! Tests that many handoffs leave no descriptor, zombie, file or thread.
//!
//! `cargo test --workspace --test servers -- --ignored handoff::many` hands over a thousand times.

use super::{Server, children_of};
use selfup_tests::sandbox::{Sandbox, threads_of};

/// What leaks one thing each time shows in fewer.
const MANY: usize = 60;
const THOUSAND: usize = 1_000;

fn leaves_nothing(words: &str, handoffs: usize) {
    let sandbox = Sandbox::new("handoff-many");
    sandbox.expect_files(["pid"]);
    let mut server = Server::start(&sandbox, &format!("{words} pid_file=pid"));
    server.hand_over();
    let before = server.settled_fds();
    for _ in 0..handoffs {
        server.hand_over();
    }
    assert_eq!(server.settled_fds(), before);
    assert_eq!(threads_of(server.serves), 2);
    assert!(children_of(server.serves).is_empty());
    let pid = std::fs::read_to_string(sandbox.join("pid")).unwrap();
    assert_eq!(pid.trim(), server.serves.to_string());
    server.stop();
    sandbox.finish();
}

#[test]
fn many_single_handoffs_leave_nothing() {
    leaves_nothing("single std", MANY);
}

#[test]
fn many_double_handoffs_leave_nothing() {
    leaves_nothing("double std", MANY);
}

#[test]
#[ignore = "takes minutes"]
fn a_thousand_single_handoffs_leave_nothing() {
    leaves_nothing("single std", THOUSAND);
}

#[test]
#[ignore = "takes minutes"]
fn a_thousand_double_handoffs_leave_nothing() {
    leaves_nothing("double std", THOUSAND);
}
