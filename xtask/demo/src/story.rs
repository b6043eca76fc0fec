//! In which order it is told what happened.
//!
//! What the app prints and what clients receive arrive on different ways, and can overtake each
//! other on them. Nobody says hello before it listens, and nobody answers after it has exited: what
//! comes too early for that is kept until its turn.

use super::clients::{Done, Kind};
use super::line::{EXITING, LISTENING, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A line of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) line: Line,
    /// It was an answer that took its time.
    pub(super) slow: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Story {
    listening: BTreeSet<u32>,
    exited: BTreeSet<u32>,
    /// How many prompt answers of each version were told.
    hellos: BTreeMap<u32, usize>,
    last_hello: Option<Instant>,
    /// The slow requests that wait for their answers, and the youngest version when they began.
    slow: BTreeMap<u32, u32>,
    early: Vec<Told>,
    leaving: Vec<Line>,
}

/// Of all the prompt answers a few of each version are told, at a pace that can be read.
const HELLOS: usize = 2;
const PACE: Duration = Duration::from_millis(300);

impl Story {
    pub(super) fn slow_began(&mut self, number: u32) {
        let youngest = self.listening.last().copied().unwrap_or_default();
        self.slow.insert(number, youngest);
    }

    /// What is to be told now that the app has printed this.
    pub(super) fn printed(&mut self, line: Line) -> Vec<Told> {
        let version = line.version;
        if line.says == EXITING {
            self.leaving.push(line);
            return self.exits();
        }
        let mut told = vec![Told { slow: None, line }];
        if told[0].line.says == LISTENING {
            self.listening.insert(version);
            told.extend(self.early.extract_if(.., |answer| answer.line.version == version));
        }
        told
    }

    /// What is to be told now that this request has come to its end.
    pub(super) fn done(&mut self, done: &Done) -> Vec<Told> {
        let slow = matches!(done.kind, Kind::Slow(_)).then_some(done.took);
        if let Kind::Slow(number) = done.kind {
            self.slow.remove(&number);
        }
        let mut told = Vec::new();
        if let Ok(line) = &done.outcome
            && (slow.is_some() || self.wants_hello(line.version))
        {
            let answer = Told { line: line.clone(), slow };
            if self.listens(line.version) { &mut told } else { &mut self.early }.push(answer);
        }
        told.extend(self.exits());
        told
    }

    /// Counts it, if so.
    fn wants_hello(&mut self, version: u32) -> bool {
        let told = self.hellos.entry(version).or_default();
        let wanted = *told < HELLOS && self.last_hello.is_none_or(|last| last.elapsed() >= PACE);
        if wanted {
            *told += 1;
            self.last_hello = Some(Instant::now());
        }
        wanted
    }

    /// The exits that no answer can follow any more.
    fn exits(&mut self) -> Vec<Told> {
        let slow = &self.slow;
        let last = |line: &mut Line| slow.values().all(|asked| *asked != line.version);
        let told = self.leaving.extract_if(.., last).map(|line| Told { line, slow: None });
        let told: Vec<Told> = told.collect();
        self.exited.extend(told.iter().map(|told| told.line.version));
        told
    }

    pub(super) fn listens(&self, version: u32) -> bool {
        self.listening.contains(&version)
    }

    pub(super) fn exited(&self, version: u32) -> bool {
        self.exited.contains(&version)
    }

    /// A version has said hello as often as is told.
    pub(super) fn greeted(&self, version: u32) -> bool {
        self.hellos.get(&version).is_some_and(|told| *told >= HELLOS)
    }

    /// One more hello of this version is to be told.
    pub(super) fn encore(&mut self, version: u32) {
        self.hellos.insert(version, HELLOS - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::HELLO;
    use super::*;

    fn line(version: u32, says: &str) -> Line {
        Line { version, id: String::new(), says: says.to_owned() }
    }

    fn done(kind: Kind, version: u32) -> Done {
        Done { kind, took: Duration::ZERO, outcome: Ok(line(version, HELLO)) }
    }

    fn lines(told: Vec<Told>) -> Vec<Line> {
        told.into_iter().map(|told| told.line).collect()
    }

    #[test]
    fn nobody_says_hello_before_it_listens() {
        let mut story = Story::default();
        assert_eq!(story.done(&done(Kind::New, 1)), []);
        let told = lines(story.printed(line(1, LISTENING)));
        assert_eq!(told, [line(1, LISTENING), line(1, HELLO)]);
        assert!(story.listens(1));
    }

    #[test]
    fn nobody_answers_after_its_exit() {
        let mut story = Story::default();
        story.printed(line(1, LISTENING));
        story.slow_began(0);
        story.printed(line(2, LISTENING));
        assert_eq!(story.printed(line(1, EXITING)), []);
        assert!(!story.exited(1));
        let told = lines(story.done(&done(Kind::Slow(0), 1)));
        assert_eq!(told, [line(1, HELLO), line(1, EXITING)]);
        assert!(story.exited(1));
    }

    #[test]
    fn a_lost_request_holds_nobody_back_and_neither_does_one_to_another_version() {
        let mut story = Story::default();
        story.printed(line(1, LISTENING));
        story.slow_began(0);
        story.printed(line(2, LISTENING));
        story.slow_began(1);
        assert_eq!(story.printed(line(1, EXITING)), []);
        let lost = Done { outcome: Err("reset".to_owned()), ..done(Kind::Slow(0), 1) };
        assert_eq!(lines(story.done(&lost)), [line(1, EXITING)]);
    }

    #[test]
    fn a_few_hellos_stand_for_all_and_every_slow_one_is_told() {
        let mut story = Story::default();
        story.printed(line(1, LISTENING));
        assert_eq!(story.done(&done(Kind::New, 1)).len(), 1);
        assert_eq!(story.done(&done(Kind::Kept, 1)), [], "too soon");
        story.hellos.insert(1, HELLOS);
        story.last_hello = None;
        assert!(story.greeted(1));
        assert_eq!(story.done(&done(Kind::Kept, 1)), [], "enough");
        story.encore(1);
        assert_eq!(story.done(&done(Kind::Kept, 1)).len(), 1);
        assert_eq!(story.done(&done(Kind::Slow(7), 1)).len(), 1);
    }
}
