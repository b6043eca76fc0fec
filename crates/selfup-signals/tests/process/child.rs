use std::process::Command;

use selfup_signals::Signal;

use crate::subject::{actor, actor_under, output};

pub(crate) const TESTS: &[crate::Test] = &[
    ("a_child_starts_with_nothing_blocked_and_ignored_what_was", nothing_ignored),
    ("nohup_holds_for_the_receiver_and_for_the_child", nohup),
    ("a_child_can_be_started_with_a_signal_ignored", ignoring),
    ("a_child_inherits_no_descriptor", descriptors),
    ("a_signal_between_fork_and_exec_is_the_child_s", || early("open")),
    ("a_signal_between_blocked_fork_and_exec_is_the_child_s", || early("blocked")),
];

/// Every signal, by coreutils' env.
const ALL: &[&str] = &["env", "--ignore-signal", "--block-signal"];

/// What the C library keeps for itself.
const RESERVED: std::ops::Range<i32> = 32..34;

/// Finds a mask in the text of /proc/self/status.
fn mask(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    let all = u64::from_str_radix(line.trim_start_matches(':').trim(), 16).unwrap();
    // The signals that the C library uses itself are left out.
    (1..=64)
        .filter_map(Signal::from_raw)
        .filter(|it| !RESERVED.contains(&it.as_raw()))
        .map(bit)
        .sum::<u64>()
        & all
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}

fn nothing_ignored() {
    let status = ["cat", "/proc/self/status"];
    let dirty = output(Command::new(ALL[0]).args(&ALL[1..]).args(status));
    assert_eq!(mask(&dirty, "SigIgn").count_ones(), 60, "all but KILL, STOP, 32, 33");
    assert_ne!(mask(&dirty, "SigBlk"), 0);

    let clean = output(&mut actor_under(ALL, &[&["start"][..], &status].concat()));
    let own = bit(Signal::PIPE) | bit(Signal::CHLD);
    assert_eq!(mask(&clean, "SigIgn"), mask(&dirty, "SigIgn") & !own, "what was, stays");
    assert_eq!(mask(&clean, "SigBlk"), 0);

    let clean = output(&mut actor(&[&["start-receiving"][..], &status].concat()));
    assert!(clean.starts_with("catches SIGHUP: true\n"));
    assert_eq!(mask(&clean, "SigIgn"), 0);
    assert_eq!(mask(&clean, "SigBlk"), 0);
    assert_eq!(mask(&clean, "SigPnd"), 0);
}

fn nohup() {
    let command = ["start-receiving", "cat", "/proc/self/status"];
    // It sends itself a SIGHUP and lives on.
    let text = output(&mut actor_under(&["nohup"], &command));
    assert!(text.starts_with("catches SIGHUP: false\n"));
    assert_eq!(mask(&text, "SigIgn"), bit(Signal::HUP));
    assert_eq!(mask(&text, "SigBlk"), 0);
}

fn ignoring() {
    let mut command = Command::new("cat");
    command.arg("/proc/self/status");
    selfup_signals::ignore_on_exec(&mut command, Signal::USR2);
    let text = output(selfup_signals::reset_on_exec(&mut command));
    assert_eq!(mask(&text, "SigIgn"), bit(Signal::USR2));
}

fn descriptors() {
    let list = ["ls", "/proc/self/fd"];
    // The process that started the tests may have left some open; there are no more than those.
    let direct = output(Command::new(list[0]).arg(list[1]));
    let text = output(&mut actor(&[&["start-receiving"][..], &list].concat()));
    assert_eq!(text, format!("catches SIGHUP: true\n{direct}"));
}

fn early(how: &str) {
    let text = output(&mut actor(&["early", how]));
    assert_eq!(text, "was killed by SIGUSR1\n0 received\n");
}
