//! Tests writing and reading the record.
use super::*;
use crate::refusal::{REASON, one_line};
use proptest::prelude::*;
use std::time::Duration;

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
fn what_has_not_been_started_is_one_line() {
    let mut record = Record::default();
    record.set_unstarted(Some(Unstarted { id: id(2), previous: id(1) }));
    assert!(!record.is_empty() && !record.has_trials());
    let text = record.to_string();
    assert!(text.ends_with(&format!("\nunstarted {} {}\n", id(2), id(1))), "{text}");
    assert_eq!(Record::parse(text.as_bytes()), record);
    for bad in ["unstarted", "unstarted 1 2", &format!("unstarted {} {}", id(1), id(1))] {
        assert!(Record::parse(bad.as_bytes()).is_empty(), "{bad}");
    }
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

fn beside(token: char, new: u8, present: u8, starts: u32) -> Beside {
    let token = String::from(token).repeat(12);
    Beside { token, id: id(new), present: id(present), starts }
}

#[test]
fn what_is_on_trial_beside_the_target_has_a_line_each() {
    let mut record = Record::default();
    record.begin_candidate(beside('a', 2, 1, 0));
    record.begin_candidate(beside('b', 2, 1, 0));
    record.count_candidate(&"a".repeat(12), 3);
    let text = record.to_string();
    assert!(text.ends_with(&format!("candidate aaaaaaaaaaaa {} {} 3\n", id(2), id(1))), "{text}");
    assert_eq!(Record::parse(text.as_bytes()), record);
    assert_eq!(record.candidates(), [beside('b', 2, 1, 0), beside('a', 2, 1, 3)]);
    assert!(record.end_candidate(&"a".repeat(12)) && !record.end_candidate("x"));
    assert!(record.end_candidate(&"b".repeat(12)) && record.is_empty());
    for bad in ["a", "../../../etc", "0123456789a.", "0123456789aZx"] {
        let line = format!("candidate {bad} {} {} 0", id(2), id(1));
        assert!(Record::parse(line.as_bytes()).is_empty(), "{bad}");
    }
}

#[test]
fn a_failure_is_counted_once_as_long_as_it_stands_and_survives_the_next_trial() {
    let mut record = Record::default();
    record.fail(id(2), "it crashed", at(10_000));
    record.fail(id(2), "for another master, too", at(10_001));
    let text = record.to_string();
    assert!(text.ends_with(&format!("it crashed\nfailures {} 1\n", id(2))), "{text}");
    assert_eq!(Record::parse(text.as_bytes()), record);
    // Tried again an hour later.
    record.begin_candidate(beside('a', 2, 1, 0));
    assert_eq!(record.refusal(id(2)).unwrap().failures(), 1);
    record.fail(id(2), "it crashed again", at(10_000 + 3600));
    let refusal = record.refusal(id(2)).unwrap();
    assert_eq!((refusal.failures(), refusal.reason()), (2, "it crashed again"));
    // Somebody's word stands, whatever happens then.
    record.refuse(id(2), "rolled back by hand", at(20_000));
    record.fail(id(2), "it crashed", at(u64::MAX >> 8));
    let refusal = record.refusal(id(2)).unwrap();
    assert_eq!((refusal.failures(), refusal.reason()), (0, "rolled back by hand"));
    // To begin a trial of it is to lift the refusal.
    record.begin_candidate(beside('b', 2, 1, 0));
    assert!(record.refusal(id(2)).is_none());
}

#[test]
fn lines_of_earlier_versions_are_read() {
    let text = format!("trial {} {} 1\nrefused {} 7 it crashed\n", id(2), id(1), id(3));
    let record = Record::parse(text.as_bytes());
    assert_eq!(record.trial_of(id(2)).unwrap().starts, 1);
    let refusal = record.refusal(id(3)).unwrap();
    assert_eq!((refusal.failures(), refusal.retry_at()), (0, None), "as it was said");
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
        Just("candidate".to_owned()),
        Just("failures".to_owned()),
        Just("0123456789aZ".to_owned()),
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
