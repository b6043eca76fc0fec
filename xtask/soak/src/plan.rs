//! Plans the order of disturbances: a pure function of the seed.

use super::disturbance::{Bad, Damage, Disturbance, Kind, Moment, Pair, Victim, Whose};
use super::random::Random;
use std::time::Duration;

/// Like cards: each kind so often in a deck, in an order of its own each time.
const DECK: [(Kind, usize); 18] = [
    (Kind::Restart, 10),
    (Kind::Burst, 3),
    (Kind::Upgrade, 5),
    (Kind::BadUpgrade, 4),
    (Kind::MasterKill, 6),
    (Kind::StopStart, 1),
    (Kind::Clock, 2),
    (Kind::FullDisk, 1),
    (Kind::Freeze, 4),
    (Kind::LostChannel, 3),
    (Kind::CandidateKill, 1),
    (Kind::ProbationKill, 1),
    // As many as there are pairs for a deck.
    (Kind::SignalPair, 2),
    (Kind::FewDescriptors, 1),
    (Kind::UnreadStderr, 1),
    (Kind::UnreadManager, 1),
    (Kind::CorruptSource, 1),
    (Kind::FailedForks, 1),
];

/// One deck of so many may end the master; in between it grows old, so that what it leaves behind
/// adds up.
const WILD: usize = 3;

/// With so many more, a child can always be started.
const MOST_DESCRIPTORS: u64 = 12;

/// Between two steps, in milliseconds.
const LONGEST_PAUSE: u64 = 500;

/// What to do, and how long to wait then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) disturbance: Disturbance,
    pub(super) pause: Duration,
}

/// A plan has no end.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    random: Random,
    only: Vec<Kind>,
    decks: usize,
    kinds: Vec<Kind>,
    bad: Vec<Bad>,
    moments: Vec<Moment>,
    frozen: Vec<Victim>,
    whose: Vec<Whose>,
    pairs: Vec<Pair>,
    damages: Vec<Damage>,
}

impl Plan {
    /// A plan of these kinds; of all kinds if the list is empty.
    pub(super) fn new(seed: u64, only: &[Kind]) -> Self {
        let only = if only.is_empty() { &Kind::ALL } else { only };
        Self {
            random: Random::new(seed),
            only: only.to_vec(),
            decks: 0,
            kinds: Vec::new(),
            bad: Vec::new(),
            moments: Vec::new(),
            frozen: Vec::new(),
            whose: Vec::new(),
            pairs: Vec::new(),
            damages: Vec::new(),
        }
    }

    fn disturbance(&mut self) -> Disturbance {
        if self.kinds.is_empty() {
            self.decks += 1;
            self.kinds = deck(&self.only, self.is_wild());
            self.whose.clear();
            self.pairs.clear();
        }
        match deal(&mut self.random, &mut self.kinds) {
            Kind::Restart => Disturbance::Restart,
            Kind::Burst => {
                let signals = 2 + self.random.below(20);
                Disturbance::Burst { signals, apart: self.random.milliseconds(30) }
            }
            Kind::Upgrade => Disturbance::Upgrade,
            Kind::BadUpgrade => Disturbance::BadUpgrade(self.bad()),
            Kind::MasterKill => Disturbance::MasterKill(self.moment()),
            Kind::StopStart => Disturbance::StopStart,
            Kind::Clock => Disturbance::ClockJump { seconds: self.seconds() },
            Kind::FullDisk => Disturbance::FullDisk,
            Kind::Freeze => self.freeze(),
            Kind::LostChannel => Disturbance::LostChannel(self.whose()),
            Kind::CandidateKill => Disturbance::CandidateKill,
            Kind::ProbationKill => Disturbance::ProbationKill,
            Kind::SignalPair => Disturbance::SignalPair(self.pair()),
            Kind::FewDescriptors => {
                Disturbance::FewDescriptors { more: self.random.below(MOST_DESCRIPTORS) }
            }
            Kind::UnreadStderr => Disturbance::UnreadStderr,
            Kind::UnreadManager => Disturbance::UnreadManager,
            Kind::CorruptSource => Disturbance::CorruptSource(self.damage()),
            Kind::FailedForks => Disturbance::FailedForks {
                apart: Duration::from_millis(20 + self.random.below(130)),
            },
        }
    }

    fn is_wild(&self) -> bool {
        self.decks % WILD == 1
    }

    fn bad(&mut self) -> Bad {
        if self.bad.is_empty() {
            let mut after = || Duration::from_millis(20 + self.random.below(200));
            self.bad = vec![
                Bad::Text,
                Bad::Truncated,
                Bad::OtherMachine,
                Bad::NoSelfup,
                Bad::ProbeExits,
                Bad::ProbeCrashes,
                Bad::ProbeHangs,
                Bad::ExitsAtOnce,
                Bad::NeverReady,
                Bad::ExitsInProbation { after: after() },
                Bad::AbortsInProbation { after: after() },
            ];
        }
        deal(&mut self.random, &mut self.bad)
    }

    fn moment(&mut self) -> Moment {
        if self.moments.is_empty() {
            self.moments = vec![
                Moment::Quiet,
                Moment::Start,
                Moment::Restart { after: self.random.milliseconds(40) },
                // From the first look at the source to the end of the probation.
                Moment::Upgrade { after: self.random.milliseconds(150) },
                Moment::Upgrade { after: self.random.milliseconds(900) },
                self.bad_moment(),
            ];
        }
        deal(&mut self.random, &mut self.moments)
    }

    /// A fault of releases that get to run. A child that never gets ready does not end either when its
    /// master is killed, before its timeout.
    fn bad_moment(&mut self) -> Moment {
        let after = Duration::from_millis(20 + self.random.below(200));
        let bad = match self.random.below(3) {
            0 => Bad::ExitsAtOnce,
            1 => Bad::ExitsInProbation { after },
            _ => Bad::AbortsInProbation { after },
        };
        Moment::BadUpgrade { bad, after: self.random.milliseconds(900) }
    }

    fn freeze(&mut self) -> Disturbance {
        if self.frozen.is_empty() {
            self.frozen = vec![Victim::Serving, Victim::Draining, Victim::Starting, Victim::Master];
        }
        let victim = deal(&mut self.random, &mut self.frozen);
        let lasts = Duration::from_millis(50 + self.random.below(1200));
        Disturbance::Freeze { victim, lasts, restart: self.random.chance() }
    }

    /// Losing the channel of the child that serves ends the master.
    fn whose(&mut self) -> Whose {
        if self.whose.is_empty() {
            self.whose = vec![Whose::Draining, Whose::Starting];
            if self.is_wild() {
                self.whose.push(Whose::Serving);
            }
        }
        deal(&mut self.random, &mut self.whose)
    }

    fn pair(&mut self) -> Pair {
        if self.pairs.is_empty() {
            self.pairs = match self.is_wild() {
                true => vec![Pair::RestartStop, Pair::StopContinue],
                false => vec![Pair::HangupRestart, Pair::QuitBadUpgrade],
            };
        }
        deal(&mut self.random, &mut self.pairs)
    }

    fn damage(&mut self) -> Damage {
        if self.damages.is_empty() {
            self.damages = vec![Damage::Flipped, Damage::CutShort];
        }
        deal(&mut self.random, &mut self.damages)
    }

    /// Some minutes to some years, either way, or right again.
    fn seconds(&mut self) -> i64 {
        const UNITS: [i64; 4] = [60, 3600, 86_400, 365 * 86_400];
        let unit = UNITS[self.random.below(4) as usize];
        (self.random.below(21) as i64 - 10) * unit
    }
}

impl Iterator for Plan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let disturbance = self.disturbance();
        let pause = self.random.milliseconds(LONGEST_PAUSE);
        Some(Step { disturbance, pause })
    }
}

fn deck(only: &[Kind], wild: bool) -> Vec<Kind> {
    let ends_masters = |kind| matches!(kind, Kind::MasterKill | Kind::StopStart);
    let cards = |calm: bool| {
        let wanted = DECK.into_iter().filter(move |(kind, _)| !calm || !ends_masters(*kind));
        let wanted = wanted.filter(|(kind, _)| only.contains(kind));
        wanted.flat_map(|(kind, times)| vec![kind; times]).collect::<Vec<_>>()
    };
    let calm = cards(!wild);
    // A plan of this kind alone has no calm.
    if calm.is_empty() { cards(false) } else { calm }
}

/// Takes one card.
fn deal<T>(random: &mut Random, cards: &mut Vec<T>) -> T {
    let at = random.below(cards.len() as u64) as usize;
    cards.swap_remove(at)
}

#[cfg(test)]
mod tests;
