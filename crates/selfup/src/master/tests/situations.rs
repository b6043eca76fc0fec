//! The situations a master can be in, each reached by events alone.

use super::*;

/// A name, and how one gets there.
pub(super) struct Situation {
    pub(super) name: &'static str,
    pub(super) rules: Rules,
    pub(super) history: Vec<(u64, Event)>,
}

impl Situation {
    pub(super) fn reach(&self) -> Lifecycle {
        self.history.iter().fold(Lifecycle::new(self.rules.clone()), |life, (at, event)| {
            step(life, second(*at), *event).0
        })
    }
}

pub(super) fn all() -> Vec<Situation> {
    use Event::{Exited, Installed, Ready, Start, Tick};
    let sequential = Rules { handover: Handover::Sequential, ..rules() };
    let drain_on_terminate = Rules { drain_on_terminate: true, ..rules() };
    let no_restart = Rules { no_restart: true, ..rules() };
    let after_fetch = Rules { no_restart_after_fetch: true, ..rules() };
    let usr2 = signal(Signal::USR2);
    let term = signal(Signal::TERM);
    let (one, two) = (generation(1), generation(2));
    let serving = vec![(0, Start), (0, Ready(one))];
    let after = |events: &[(u64, Event)]| [serving.as_slice(), events].concat();
    let situation =
        |name, rules: &Rules, history| Situation { name, rules: rules.clone(), history };
    let overlap = &rules();
    vec![
        situation("starting", overlap, vec![(0, Start)]),
        situation("serving", overlap, serving.clone()),
        situation("drain-on-term", &drain_on_terminate, after(&[(1, usr2)])),
        situation("no-restart", &no_restart, serving.clone()),
        situation("after-fetch", &after_fetch, serving.clone()),
        situation("handing-over", overlap, after(&[(1, usr2)])),
        situation("draining", overlap, after(&[(1, usr2), (1, Ready(two))])),
        situation("queued", overlap, after(&[(1, usr2), (1, usr2)])),
        situation("trying", overlap, after(&[(1, Installed)])),
        situation("probation", overlap, after(&[(1, Installed), (1, Ready(two))])),
        situation("lost", overlap, after(&[(1, usr2), (1, Exited(one, CRASH))])),
        situation(
            "last-hope",
            overlap,
            after(&[(1, Installed), (1, Exited(one, CRASH)), (40, Tick)]),
        ),
        situation("gap", &sequential, after(&[(1, usr2)])),
        situation("after-gap", &sequential, after(&[(1, usr2), (1, Exited(one, FINE))])),
        situation("stopping", overlap, after(&[(1, term)])),
        situation("stopping-both", overlap, after(&[(1, usr2), (1, term)])),
        situation("ended", overlap, after(&[(1, Exited(one, FINE))])),
    ]
}
