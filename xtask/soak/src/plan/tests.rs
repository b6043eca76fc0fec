//! Tests what each plan contains, whatever the seed.

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
        let deck: usize = DECK.iter().map(|(_, times)| times).sum();
        let kinds: BTreeSet<_> =
            steps(seed, &[])[..deck].iter().map(|step| step.disturbance.kind()).collect();
        assert_eq!(kinds.len(), Kind::ALL.len(), "seed {seed}: {kinds:?}");
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
            "Flipped",
            "CutShort",
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
