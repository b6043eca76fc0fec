//! What is done in which order: a pure function of the seed.

use super::disturbance::{Bad, Disturbance, Kind, Moment, Pair, Who, Whose};
use super::random::Random;
use std::time::Duration;

/// Like cards: each kind so often in a deck, in an order of its own each time.
const DECK: [(Kind, usize); 14] = [
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

/// Goes on for ever.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    random: Random,
    only: Vec<Kind>,
    decks: usize,
    kinds: Vec<Kind>,
    bad: Vec<Bad>,
    moments: Vec<Moment>,
    frozen: Vec<Who>,
    whose: Vec<Whose>,
    pairs: Vec<Pair>,
}

impl Plan {
    /// Of these kinds; of all if there are none.
    pub(super) fn new(seed: u64, only: &[Kind]) -> Self {
        // A request of soak's own may be late while the master is short of descriptors, which is not told
        // from one that is lost yet: that kind comes when it is asked for.
        let sure = Kind::ALL.into_iter().filter(|kind| *kind != Kind::FewDescriptors);
        let sure: Vec<Kind> = sure.collect();
        let only = if only.is_empty() { &sure } else { only };
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

    /// Of those that get to run. One that never gets ready does not finish either when its master is
    /// killed: that would take as long as it may.
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
            self.frozen = vec![Who::Serving, Who::Draining, Who::Starting, Who::Master];
        }
        let who = deal(&mut self.random, &mut self.frozen);
        let lasts = Duration::from_millis(50 + self.random.below(1200));
        Disturbance::Freeze { who, lasts, restart: self.random.chance() }
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
    // Where nothing else is asked for, there is no calm.
    if calm.is_empty() { cards(false) } else { calm }
}

/// Takes one card.
fn deal<T>(random: &mut Random, cards: &mut Vec<T>) -> T {
    let at = random.below(cards.len() as u64) as usize;
    cards.swap_remove(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn steps(seed: u64, only: &[Kind]) -> Vec<Step> {
        Plan::new(seed, only).take(200).collect()
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(steps(7, &[]), steps(7, &[]));
        assert_ne!(steps(7, &[]), steps(8, &[]));
    }

    #[test]
    fn every_kind_comes_within_two_minutes_and_so_does_each_way_of_it() {
        for seed in 0..50 {
            let kinds: BTreeSet<_> =
                steps(seed, &[])[..45].iter().map(|step| step.disturbance.kind()).collect();
            assert_eq!(kinds.len(), Kind::ALL.len() - 1, "seed {seed}: {kinds:?}");
            let texts: String =
                steps(seed, &[]).iter().map(|step| format!("{}\n", step.disturbance)).collect();
            for way in [
                "NeverReady",
                "AbortsInProbation",
                "Quiet",
                "Start\n",
                "Restart {",
                "Upgrade {",
                "BadUpgrade {",
                "freeze Master",
                "freeze Draining",
                "lost-channel Serving",
                "HangupRestart",
                "StopContinue",
                "QuitBadUpgrade",
                "RestartStop",
            ] {
                assert!(texts.contains(way), "seed {seed}: no {way}");
            }
        }
    }

    #[test]
    fn only_what_was_asked_for() {
        for kind in Kind::ALL {
            assert!(steps(1, &[kind]).iter().all(|step| step.disturbance.kind() == kind));
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
    }

    #[test]
    fn a_master_lives_long_in_between() {
        let ends = |step: &Step| {
            matches!(
                step.disturbance,
                Disturbance::MasterKill(_)
                    | Disturbance::StopStart
                    | Disturbance::LostChannel(Whose::Serving)
                    | Disturbance::SignalPair(Pair::RestartStop | Pair::StopContinue)
            )
        };
        let steps: Vec<_> = Plan::new(3, &[]).take(400).collect();
        let longest = steps.split(ends).map(<[Step]>::len).max();
        assert!(longest > Some(70), "{longest:?}");
    }
}
