//! Compares the tables of docs/SIGNALS.md with what the state machine does.

use super::*;
use crate::{input::Cause, lifecycle::Phase};

/// The page. It does not exist where the crate was unpacked by itself.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SIGNALS.md");

const SIGNALS: [Signal; 11] = [
    Signal::USR2,
    Signal::TERM,
    Signal::INT,
    Signal::QUIT,
    Signal::TSTP,
    Signal::TTIN,
    Signal::TTOU,
    Signal::CONT,
    Signal::HUP,
    Signal::USR1,
    Signal::WINCH,
];

/// One active child; an active child with a candidate and a draining child; the first child as it starts.
fn situations(policy: &Policy) -> [Lifecycle; 3] {
    use Input::{Ready, Restart, Start};
    let restart = Restart(Cause::Call);
    let after = |inputs: &[Input]| {
        let life = Lifecycle::new(policy.clone());
        inputs.iter().fold(life, |life, input| step(life, second(0), *input).0)
    };
    let serving = [Start, Ready(generation(1))];
    let all = [serving.as_slice(), &[restart, Ready(generation(2)), restart]].concat();
    [after(&serving), after(&all), after(&[Start])]
}

fn row(name: &str, policy: &Policy, sent: Signal) -> String {
    let [serving, all, starting] = situations(policy);
    let meets = |life: &Lifecycle| step(life.clone(), second(1), signal(sent));
    let master = {
        let (after, actions) = meets(&serving);
        if actions.iter().any(|action| matches!(action, Action::Spawn(..))) {
            "restarts"
        } else if after.queued.is_some() {
            "restarts when that one has ended"
        } else if matches!(after.phase, Phase::Stopping { .. }) {
            "ends as the active child does"
        } else if actions.iter().any(|action| matches!(action, Action::StopSelf(_))) {
            "stops as well"
        } else {
            "–"
        }
    };
    let active = child(serving.active(), &meets(&serving));
    // Without restarts there is neither a candidate nor a draining child.
    let [candidate, draining] = if policy.restarts == Restarts::Never {
        [""; 2]
    } else {
        let met = meets(&all);
        [child(all.candidate(), &met), done(Some(generation(1)), &met).unwrap_or("–")]
    };
    let first = child(starting.candidate(), &meets(&starting));
    format!("| {name} | {active} | {candidate} | {draining} | {first} | {master} |")
}

/// What happens to a child; one that is not ready may get the signal later.
fn child(which: Option<Generation>, met: &(Lifecycle, Vec<Action>)) -> &'static str {
    let later = if met.0.held.is_empty() { "–" } else { "gets it when ready" };
    done(which, met).unwrap_or(later)
}

fn done(which: Option<Generation>, met: &(Lifecycle, Vec<Action>)) -> Option<&'static str> {
    met.1.iter().find_map(|action| match action {
        Action::Send(child, _) if Some(*child) == which => Some("gets it"),
        Action::Drain(child) if Some(*child) == which => Some("drains"),
        _ => None,
    })
}

#[test]
fn the_page_on_signals_agrees_with_the_state_machine() {
    let Ok(page) = std::fs::read_to_string(PAGE) else { return };
    let mut rows: Vec<String> =
        SIGNALS.iter().map(|sent| row(&sent.to_string(), &policy(), *sent)).collect();
    let restart_signal = Policy { restart_signal: Signal::HUP, ..policy() };
    let drain_on_terminate = Policy { drain_on_terminate: true, ..policy() };
    let no_restart = Policy { restarts: Restarts::Never, ..policy() };
    let sequential = Policy { handover: Handover::Sequential, ..policy() };
    for (option, policy, sent) in [
        ("restart_signal(Signal::HUP)", &restart_signal, Signal::HUP),
        ("restart_signal(Signal::HUP)", &restart_signal, Signal::USR2),
        ("drain_on_terminate(true)", &drain_on_terminate, Signal::TERM),
        ("restarts(Restarts::Never)", &no_restart, Signal::USR2),
        ("restarts(Restarts::Never)", &no_restart, Signal::TERM),
        ("handover(Handover::Sequential)", &sequential, Signal::USR2),
    ] {
        rows.push(row(&format!("`{option}`: {sent}"), policy, sent));
    }
    let on_page: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| SIG") || line.starts_with("| `")).collect();
    assert!(rows == on_page, "the page should say\n{}", rows.join("\n"));
}
