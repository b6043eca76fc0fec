//! What a service manager is told, from the start of a service to its end.

use std::time::Duration;

use selfup_lifecycle::{Arrived, Event, Generation, Handover, Lifecycle, Policy, Time};
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

fn signal(signal: Signal) -> Event {
    let received = Received::new(signal, Origin::Process { pid: None, uid: 0 });
    Event::Signal(Arrived { received, group_has_it: false })
}

/// Plays the events, and gives what is told after each: without its status, and with the deadlines
/// that it is told of in seconds.
fn told(policy: Policy, history: &[(u64, Event)]) -> Vec<String> {
    let mut life = Lifecycle::new(policy);
    let mut announcer = Announcer::new();
    let mut told = Vec::new();
    for (at, event) in history {
        let _actions = life.step(second(*at), *event);
        let fields = announcer.next(&life, "", second(*at), || Duration::from_secs(1000 + at));
        let words: Vec<String> = fields.iter().map(ToString::to_string).collect();
        told.push(words.join(" ").replace("000000", "s").replace('\n', " "));
    }
    told
}

use Event::{Exited, Installed, Ready, Start, Tick};

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
        told(Policy::default(), &history),
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
    let told = told(Policy::default(), &history);
    assert!(told[2].starts_with("RELOADING=1"), "{told:?}");
    assert_eq!(told[3], "READY=1");
}

/// The manager compares the time with that of its own request.
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
    let told = told(Policy::default(), &history);
    assert!(told[2].contains("MONOTONIC_USEC=1005s"), "{told:?}");
    assert!(told[3].contains("RELOADING=1 MONOTONIC_USEC=1007s"), "{told:?}");
    assert!(!told[4].contains("READY"), "the third is still to come: {told:?}");
    assert_eq!(told[5], "READY=1");
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
        told(sequential, &history)[2..],
        [
            "RELOADING=1 MONOTONIC_USEC=1005s EXTEND_TIMEOUT_USEC=35s",
            // The old one has gone; the new one has its own time to get ready.
            "EXTEND_TIMEOUT_USEC=35s",
            "READY=1",
        ]
    );
}

#[test]
fn until_somebody_has_served_the_service_starts() {
    let history = [
        (0, Start),
        (1, signal(Signal::USR2)),
        (2, Ready(generation(1))),
        (3, Ready(generation(2))),
    ];
    let told = told(Policy::default(), &history);
    assert!(told.iter().all(|told| !told.contains("RELOADING")), "{told:?}");
    assert_eq!(told[3], "READY=1");
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
    let told = told(Policy::default(), &history);
    assert_eq!(told[3], "READY=1");
    assert!(told[4].starts_with("RELOADING=1"), "{told:?}");
    assert_eq!(told[5], "READY=1");
}

#[test]
fn a_first_child_that_is_late_is_waited_for_no_longer() {
    let told = told(Policy::default(), &[(0, Start), (30, Tick)]);
    assert_eq!(told, ["EXTEND_TIMEOUT_USEC=35s", "READY=1"]);
}
