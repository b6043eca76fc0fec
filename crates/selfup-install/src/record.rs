//! What is remembered beside the target: the upgrade that is on trial, and what was refused.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::id::Id;

/// The most that is read of a record: more than [`REFUSALS`] of the longest ever take.
pub(crate) const LONGEST: usize = 64 * 1024;

/// How many refusals are remembered, the latest; nobody publishes that many bad releases in a row.
const REFUSALS: usize = 64;

/// What is being installed, and what is replaced by it.
const TRIALS: usize = 2;

/// Bytes of a reason that are kept.
const REASON: usize = 500;

/// Everything that is remembered about one target.
///
/// As text it is a line each, for people to read: `trial NEW PREVIOUS STARTS` and
/// `refused ID SECONDS REASON`, the latest first, the seconds since 1970. Reading takes whatever
/// there is: a line that is none of these is skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The latest first. There are two from just before a swap on, where the executable that is
    /// replaced is on trial too; the one that counts is that of what is at the path.
    trials: Vec<Trial>,
    refusals: Vec<Refusal>,
}

/// An executable that has not survived its probation yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) id: Id,
    /// What is put back if it fails.
    pub(crate) previous: Id,
    /// How often a master was started with it.
    pub(crate) starts: u32,
}

/// An executable that failed, and is not to be tried again unless somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    id: Id,
    seconds: u64,
    reason: String,
}

impl Refusal {
    /// Which executable.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Why, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When, to the second and by the clock of the time: for people only.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        let since = Duration::from_secs(self.seconds);
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl Record {
    /// Reads what can be read.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
        let mut record = Self::default();
        for line in text.lines() {
            if let Some(trial) = trial(line) {
                if record.trials.len() < TRIALS && record.trial_of(trial.id).is_none() {
                    record.trials.push(trial);
                }
            } else if let Some(refusal) = refusal(line)
                && record.refusals.len() < REFUSALS
                && record.refusal(refusal.id).is_none()
            {
                record.refusals.push(refusal);
            }
        }
        record
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.has_trials() && self.refusals.is_empty()
    }

    pub(crate) fn has_trials(&self) -> bool {
        !self.trials.is_empty()
    }

    /// The trial of this executable.
    pub(crate) fn trial_of(&self, id: Id) -> Option<Trial> {
        self.trials.iter().find(|trial| trial.id == id).copied()
    }

    /// Notes an executable that is about to be installed over `present`, whose trial goes on until
    /// it is. Whoever installs what was refused before asks for it to be tried again.
    pub(crate) fn begin_trial(&mut self, id: Id, previous: Id, present: Id) {
        self.forgive(id);
        self.trials.retain(|trial| trial.id == present && trial.id != id);
        self.trials.insert(0, Trial { id, previous, starts: 0 });
    }

    /// Sets the number of starts, if this executable is on trial.
    pub(crate) fn count(&mut self, id: Id, starts: u32) {
        self.trials
            .iter_mut()
            .filter(|trial| trial.id == id)
            .for_each(|trial| trial.starts = starts);
    }

    /// Forgets the trial of this executable, and that of the one it replaced.
    pub(crate) fn end_trial(&mut self, id: Id) {
        if let Some(at) = self.trials.iter().position(|trial| trial.id == id) {
            self.trials.truncate(at);
        }
    }

    /// Forgets the trials of all others.
    pub(crate) fn keep_trial(&mut self, id: Id) {
        self.trials.retain(|trial| trial.id == id);
    }

    pub(crate) fn end_trials(&mut self) {
        self.trials.clear();
    }

    /// The latest first.
    pub(crate) fn into_refusals(self) -> Vec<Refusal> {
        self.refusals
    }

    pub(crate) fn refusal(&self, id: Id) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| refusal.id == id)
    }

    /// Replaces an earlier refusal of the same executable; the oldest one beyond the limit goes.
    pub(crate) fn refuse(&mut self, id: Id, reason: &str, now: SystemTime) {
        self.forgive(id);
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.refusals.insert(0, Refusal { id, seconds, reason: one_line(reason) });
        self.refusals.truncate(REFUSALS);
    }

    /// Whether it was refused.
    pub(crate) fn forgive(&mut self, id: Id) -> bool {
        let before = self.refusals.len();
        self.refusals.retain(|refusal| refusal.id != id);
        self.refusals.len() < before
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# what selfup remembers of this executable; may be removed")?;
        for Trial { id, previous, starts } in &self.trials {
            writeln!(f, "trial {id} {previous} {starts}")?;
        }
        for Refusal { id, seconds, reason } in &self.refusals {
            writeln!(f, "refused {id} {seconds} {reason}")?;
        }
        Ok(())
    }
}

fn trial(line: &str) -> Option<Trial> {
    let mut words = line.strip_prefix("trial ")?.split(' ');
    let (id, previous) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let starts = words.next()?.parse().ok()?;
    (words.next().is_none() && id != previous).then_some(Trial { id, previous, starts })
}

fn refusal(line: &str) -> Option<Refusal> {
    let mut words = line.strip_prefix("refused ")?.splitn(3, ' ');
    let (id, seconds) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Refusal { id, seconds, reason: one_line(words.next()?) })
}

/// Without control characters, and not too long.
fn one_line(reason: &str) -> String {
    let mut line = String::new();
    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    for character in reason.trim_matches(is_blank).chars() {
        let character = if character.is_control() { ' ' } else { character };
        if line.len() + character.len_utf8() > REASON {
            break;
        }
        line.push(character);
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(byte: u8) -> Id {
        Id::from_bytes([byte; 20])
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn is_a_line_each_for_people() {
        let mut record = Record::default();
        record.begin_trial(id(2), id(1), id(1));
        record.refuse(id(3), "it crashed\non its probation\n", at(1_700_000_000));
        record.refuse(id(4), "", at(1_700_000_001));
        let expected = format!(
            "# what selfup remembers of this executable; may be removed\n\
             trial {} {} 0\nrefused {} 1700000001 \n\
             refused {} 1700000000 it crashed on its probation\n",
            id(2),
            id(1),
            id(4),
            id(3)
        );
        assert_eq!(record.to_string(), expected);
        assert_eq!(Record::parse(expected.as_bytes()), record);
        assert_eq!(record.refusal(id(3)).unwrap().time(), at(1_700_000_000));
    }

    #[test]
    fn a_reason_stays_as_it_is_once_it_is_a_line() {
        for reason in ["\0\0it crashed\u{85}", " \n it\tcrashed ", "\u{1b}[31mit crashed"] {
            let line = one_line(reason);
            assert_eq!(one_line(&line), line, "{reason:?}");
            assert!(line.ends_with("crashed") && !line.starts_with(' '), "{line:?}");
        }
    }

    #[test]
    fn what_is_malformed_is_skipped_and_the_rest_stands() {
        let good = format!("refused {} 7 why not", id(3));
        for bad in [
            "trial".to_owned(),
            format!("trial {} {}", id(1), id(2)),
            format!("trial {} {} -1", id(1), id(2)),
            format!("trial {} {} 4294967296", id(1), id(2)),
            format!("trial {} {} 1 2", id(1), id(2)),
            format!("trial {} {} 1", id(1), id(1)),
            format!("refused {} x why", id(1)),
            "refused me 1 why".to_owned(),
            "\u{fffd}".repeat(100),
        ] {
            let record = Record::parse(format!("{bad}\r\n\n{good}").as_bytes());
            assert!(!record.has_trials(), "{bad}");
            assert_eq!(record.into_refusals().len(), 1, "{bad}");
        }
    }

    #[test]
    fn the_latest_are_remembered() {
        let mut record = Record::default();
        for byte in 0..=200 {
            record.refuse(id(byte), &"é".repeat(1000), at(u64::MAX >> 8));
        }
        record.refuse(id(150), "again", at(0));
        let text = record.to_string();
        assert!(text.len() < LONGEST);
        let read = Record::parse(text.as_bytes());
        assert_eq!(read, record);
        let ids: Vec<_> = read.into_refusals().iter().map(Refusal::id).collect();
        assert_eq!((ids.len(), ids[0], ids[1], ids[63]), (64, id(150), id(200), id(137)));
    }

    #[test]
    fn installing_what_was_refused_asks_for_it() {
        let mut record = Record::default();
        record.refuse(id(2), "bad", at(1));
        record.begin_trial(id(2), id(1), id(1));
        assert!(record.refusal(id(2)).is_none());
        record.end_trial(id(1));
        assert!(record.trial_of(id(2)).is_some());
        record.end_trial(id(2));
        assert!(record.is_empty());
    }

    #[test]
    fn what_is_replaced_stays_on_trial_and_nothing_else_does() {
        let mut record = Record::default();
        record.begin_trial(id(2), id(1), id(1));
        record.count(id(2), 2);
        record.begin_trial(id(3), id(1), id(2));
        assert_eq!(record.trial_of(id(2)).unwrap().starts, 2);
        assert_eq!(Record::parse(record.to_string().as_bytes()), record);
        record.begin_trial(id(4), id(1), id(3));
        assert!(record.trial_of(id(2)).is_none() && record.trial_of(id(3)).is_some());
        let ended = |of: u8| {
            let mut record = record.clone();
            record.end_trial(id(of));
            record.trials.iter().map(|trial| trial.id).collect::<Vec<_>>()
        };
        assert_eq!((ended(4), ended(3), ended(2)), (vec![], vec![id(4)], vec![id(4), id(3)]));
        record.keep_trial(id(4));
        assert!(record.trial_of(id(3)).is_none());
        record.begin_trial(id(4), id(1), id(4));
        assert_eq!(record.to_string().matches("trial").count(), 1);
    }

    /// Lines that are nearly right, and anything.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let word = prop_oneof![
            Just("trial".to_owned()),
            Just("refused".to_owned()),
            any::<u8>().prop_map(|byte| id(byte).to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            "\\PC{0,12}",
        ];
        let line = prop::collection::vec(word, 0..6).prop_map(|words| words.join(" "));
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..4096),
            prop::collection::vec(line, 0..200).prop_map(|lines| lines.join("\n").into_bytes()),
        ]
    }

    proptest! {
        #[test]
        fn anything_can_be_read_and_what_was_read_can_be_written(bytes in text()) {
            let record = Record::parse(&bytes);
            let text = record.to_string();
            prop_assert!(text.len() <= LONGEST);
            prop_assert_eq!(Record::parse(text.as_bytes()), record);
        }

        #[test]
        fn any_reason_is_one_line(reason in any::<String>()) {
            let mut record = Record::default();
            record.refuse(id(1), &reason, at(1));
            let read = Record::parse(record.to_string().as_bytes());
            prop_assert_eq!(&read, &record);
            prop_assert!(read.refusal(id(1)).unwrap().reason().len() <= REASON);
        }
    }
}
