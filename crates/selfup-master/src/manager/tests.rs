//! The reports to a service manager, from the start of a service to its end.

use std::time::Duration;

use selfup_lifecycle::{Arrived, Generation, Handover, Input, Lifecycle, Policy, Time};
use selfup_signals::{End, Origin, Received, Signal};

use super::Announcer;

const FINE: End = End::Exited(0);
const CRASH: End = End::Signaled { signal: Signal::SEGV, core_dumped: false };

fn generation(number: u64) -> Generation {
    Generation::from_number(number).unwrap()
}

fn second(seconds: u64) -> Time {
    Time::since_start(Duration::from_secs(seconds))
}

fn signal(signal: Signal) -> Input {
    let received = Received::new(signal, Origin::Process { pid: None, uid: 0 });
    Input::Signal(Arrived { received, group_has_it: false })
}

/// Plays the inputs, and returns the report after each: without its status, and with deadlines in seconds.
fn reports(policy: Policy, history: &[(u64, Input)]) -> Vec<String> {
    let mut life = Lifecycle::new(policy);
    let mut announcer = Announcer::new();
    let mut reports = Vec::new();
    for (at, input) in history {
        let _actions = life.step(second(*at), *input);
        let fields = announcer.next(&life, "", second(*at), || Duration::from_secs(1000 + at));
        let words: Vec<String> = fields.iter().map(ToString::to_string).collect();
        reports.push(words.join(" ").replace("000000", "s").replace('\n', " "));
    }
    reports
}

use Input::{Exited, Installed, Ready, Start, Tick};

#[test]
fn a_start_a_restart_and_a_stop() {
    let (one, two) = (generation(1), generation(2));
    let history = [
        (0, Start),
        (1, Ready(one)),
        (45, signal(Signal::USR2)),
        (51, Ready(two)),
        (52, Exited(one, FINE)),
        (60, signal(Signal::TERM)),
        (61, Exited(two, FINE)),
    ];
    assert_eq!(
        reports(Policy::default(), &history),
        [
            "EXTEND_TIMEOUT_USEC=35s",
            "READY=1",
            "RELOADING=1 MONOTONIC_USEC=1045s EXTEND_TIMEOUT_USEC=35s",
            "READY=1",
            "",
            "STOPPING=1 EXTEND_TIMEOUT_USEC=35s",
            "",
        ]
    );
}

#[test]
fn a_restart_that_fails_ends_the_reload() {
    let history = [
        (0, Start),
        (0, Ready(generation(1))),
        (5, signal(Signal::USR2)),
        (6, Exited(generation(2), CRASH)),
    ];
    let reports = reports(Policy::default(), &history);
    assert!(reports[2].starts_with("RELOADING=1"), "{reports:?}");
    assert_eq!(reports[3], "READY=1");
}

/// The manager compares the time with the time of its own request.
#[test]
fn a_restart_that_has_to_wait_is_a_reload_of_its_own() {
    let (one, two, three) = (generation(1), generation(2), generation(3));
    let history = [
        (0, Start),
        (0, Ready(one)),
        (5, signal(Signal::USR2)),
        (7, signal(Signal::USR2)),
        (8, Ready(two)),
        (9, Ready(three)),
    ];
    let reports = reports(Policy::default(), &history);
    assert!(reports[2].contains("MONOTONIC_USEC=1005s"), "{reports:?}");
    assert!(reports[3].contains("RELOADING=1 MONOTONIC_USEC=1007s"), "{reports:?}");
    assert!(!reports[4].contains("READY"), "the third is still to come: {reports:?}");
    assert_eq!(reports[5], "READY=1");
}

#[test]
fn a_gap_between_two_children_is_a_reload() {
    let sequential = Policy { handover: Handover::Sequential, ..Policy::default() };
    let history = [
        (0, Start),
        (0, Ready(generation(1))),
        (5, signal(Signal::USR2)),
        (10, Exited(generation(1), FINE)),
        (11, Ready(generation(2))),
    ];
    assert_eq!(
        reports(sequential, &history)[2..],
        [
            "RELOADING=1 MONOTONIC_USEC=1005s EXTEND_TIMEOUT_USEC=35s",
            // The old child has ended. The new one has its own time to become ready.
            "EXTEND_TIMEOUT_USEC=35s",
            "READY=1",
        ]
    );
}

#[test]
fn the_service_starts_until_a_child_has_served() {
    let history = [
        (0, Start),
        (1, signal(Signal::USR2)),
        (2, Ready(generation(1))),
        (3, Ready(generation(2))),
    ];
    let reports = reports(Policy::default(), &history);
    assert!(reports.iter().all(|report| !report.contains("RELOADING")), "{reports:?}");
    assert_eq!(reports[3], "READY=1");
}

#[test]
fn a_roll_back_in_probation_is_a_reload() {
    let (one, two, three) = (generation(1), generation(2), generation(3));
    let history = [
        (0, Start),
        (0, Ready(one)),
        (5, Installed),
        (6, Ready(two)),
        (7, Exited(two, CRASH)),
        (8, Ready(three)),
    ];
    let reports = reports(Policy::default(), &history);
    assert_eq!(reports[3], "READY=1");
    assert!(reports[4].starts_with("RELOADING=1"), "{reports:?}");
    assert_eq!(reports[5], "READY=1");
}

#[test]
fn a_first_child_that_is_late_counts_as_ready() {
    let reports = reports(Policy::default(), &[(0, Start), (30, Tick)]);
    assert_eq!(reports, ["EXTEND_TIMEOUT_USEC=35s", "READY=1"]);
}
