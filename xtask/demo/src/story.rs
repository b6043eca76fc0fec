//! The order in which the demo reports what happened.
//!
//! What the app prints and what clients receive arrive on different ways, and can overtake each
//! other on them. No version says hello before it listens, and none responds after it has exited: what
//! comes too early for that is kept until its turn.

use super::clients::{Done, Kind};
use super::line::{EXITING, LISTENING, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A line of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: Line,
    /// The duration of a slow response.
    pub(super) slow: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Story {
    listening: BTreeSet<u32>,
    exited: BTreeSet<u32>,
    /// How many prompt responses of each version were shown.
    hellos: BTreeMap<u32, usize>,
    last_hello: Option<Instant>,
    /// The slow requests that wait for their responses, and the youngest version when they began.
    slow: BTreeMap<u32, u32>,
    early: Vec<Row>,
    leaving: Vec<Line>,
}

/// A few of the prompt responses of each version are shown, at a pace that can be read.
const HELLOS: usize = 2;
const PACE: Duration = Duration::from_millis(300);

impl Story {
    pub(super) fn slow_began(&mut self, number: u32) {
        let youngest = self.listening.last().copied().unwrap_or_default();
        self.slow.insert(number, youngest);
    }

    /// The rows to show now that the app has printed this.
    pub(super) fn printed(&mut self, line: Line) -> Vec<Row> {
        let version = line.version;
        if line.says == EXITING {
            self.leaving.push(line);
            return self.exits();
        }
        let mut rows = vec![Row { slow: None, line }];
        if rows[0].line.says == LISTENING {
            self.listening.insert(version);
            rows.extend(self.early.extract_if(.., |row| row.line.version == version));
        }
        rows
    }

    /// The rows to show now that this request has come to its end.
    pub(super) fn done(&mut self, done: &Done) -> Vec<Row> {
        let slow = matches!(done.kind, Kind::Slow(_)).then_some(done.took);
        if let Kind::Slow(number) = done.kind {
            self.slow.remove(&number);
        }
        let mut rows = Vec::new();
        if let Ok(line) = &done.outcome
            && (slow.is_some() || self.wants_hello(line.version))
        {
            let row = Row { line: line.clone(), slow };
            if self.listens(line.version) { &mut rows } else { &mut self.early }.push(row);
        }
        rows.extend(self.exits());
        rows
    }

    /// Whether to show one more hello of this version; if so, it is counted.
    fn wants_hello(&mut self, version: u32) -> bool {
        let shown = self.hellos.entry(version).or_default();
        let wanted = *shown < HELLOS && self.last_hello.is_none_or(|last| last.elapsed() >= PACE);
        if wanted {
            *shown += 1;
            self.last_hello = Some(Instant::now());
        }
        wanted
    }

    /// The exits that no response can follow any more.
    fn exits(&mut self) -> Vec<Row> {
        let slow = &self.slow;
        let last = |line: &mut Line| slow.values().all(|asked| *asked != line.version);
        let rows = self.leaving.extract_if(.., last).map(|line| Row { line, slow: None });
        let rows: Vec<Row> = rows.collect();
        self.exited.extend(rows.iter().map(|row| row.line.version));
        rows
    }

    pub(super) fn listens(&self, version: u32) -> bool {
        self.listening.contains(&version)
    }

    pub(super) fn exited(&self, version: u32) -> bool {
        self.exited.contains(&version)
    }

    /// A version has said hello as often as is shown.
    pub(super) fn greeted(&self, version: u32) -> bool {
        self.hellos.get(&version).is_some_and(|shown| *shown >= HELLOS)
    }

    /// One more hello of this version is to be shown.
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

    fn lines(rows: Vec<Row>) -> Vec<Line> {
        rows.into_iter().map(|row| row.line).collect()
    }

    #[test]
    fn nobody_says_hello_before_it_listens() {
        let mut story = Story::default();
        assert_eq!(story.done(&done(Kind::New, 1)), []);
        let rows = lines(story.printed(line(1, LISTENING)));
        assert_eq!(rows, [line(1, LISTENING), line(1, HELLO)]);
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
        let rows = lines(story.done(&done(Kind::Slow(0), 1)));
        assert_eq!(rows, [line(1, HELLO), line(1, EXITING)]);
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
    fn a_few_hellos_stand_for_all_and_every_slow_one_is_reported() {
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
