//! The situations of a master, each reached by inputs alone.

use super::*;

/// A named situation, and the inputs that lead to it.
pub(super) struct Situation {
    pub(super) name: &'static str,
    pub(super) policy: Policy,
    /// Whether an earlier master has left an upgrade undecided.
    pub(super) on_trial: bool,
    pub(super) history: Vec<(u64, Input)>,
}

impl Situation {
    pub(super) fn reach(&self) -> Lifecycle {
        let mut life = Lifecycle::new(self.policy.clone());
        if self.on_trial {
            life = life.on_trial();
        }
        self.history.iter().fold(life, |life, (at, input)| step(life, second(*at), *input).0)
    }
}

pub(super) fn all() -> Vec<Situation> {
    use Input::{Exited, Installed, Ready, Start, Tick};
    let sequential = Policy { handover: Handover::Sequential, ..policy() };
    let drain_on_terminate = Policy { drain_on_terminate: true, ..policy() };
    let no_restart = Policy { restarts: Restarts::Never, ..policy() };
    let after_fetch = Policy { restarts: Restarts::OnRequest, ..policy() };
    let usr2 = signal(Signal::USR2);
    let term = signal(Signal::TERM);
    let (one, two) = (generation(1), generation(2));
    let serving = vec![(0, Start), (0, Ready(one))];
    let after = |inputs: &[(u64, Input)]| [serving.as_slice(), inputs].concat();
    let situation = |name, policy: &Policy, history| {
        let policy = policy.clone();
        Situation { name, policy, on_trial: false, history }
    };
    let overlap = &policy();
    let on_trial = situation("on-trial", overlap, vec![(0, Start)]);
    vec![
        Situation { on_trial: true, ..on_trial },
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
        situation(
            "interrupted",
            overlap,
            after(&[(1, Installed), (1, Ready(two)), (2, from_terminal(Signal::INT))]),
        ),
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
