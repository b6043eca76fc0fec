//! Tests the journal with lines as masters write them.

use super::*;

fn journal(folder: &tempfile::TempDir, text: &str) -> Journal {
    let mut journal = Journal::create(folder.path().join("log")).unwrap();
    journal.writing.write_all(text.as_bytes()).unwrap();
    journal.read().unwrap();
    journal
}

#[test]
fn good_news_is_counted_and_bad_news_wants_an_explanation() {
    let folder = tempfile::tempdir().unwrap();
    let text = ". 7 child #1 serves\n. 7 child #3 serves\n. 7 child #1 exited with code 0\n\
                . 7 child #2 exited with code 3\n! 7 child #2 exited with code 3 before it was \
                ready\n! 7 rolled back to the previous executable; x is refused\nthread panicked\n\
                . 7 not fini";
    let mut journal = journal(&folder, text);
    assert_eq!((journal.master(7).serving, journal.master(7).handovers), (3, 1));
    assert_eq!(journal.master(7).candidate, None);
    assert_eq!((journal.counts.masters, journal.counts.rolled_back), (1, 1));
    assert_eq!(journal.unexplained().len(), 4);
    assert!(journal.explain(&["#2", "before it was ready"]));
    assert!(!journal.explain(&["#2", "before it was ready"]));
    journal.tolerate(&[&["#2"]]);
    assert!(journal.explain(&["rolled back to"]));
    assert_eq!(journal.unexplained(), ["thread panicked"]);
    assert!(journal.said(7, &["#3", "serves"]).is_some() && journal.said(8, &[]).is_none());
}

#[test]
fn a_candidate_is_one_until_it_serves_or_never_will() {
    let folder = tempfile::tempdir().unwrap();
    for end in [
        "child #4 serves",
        "child #4 exited with code 3 before it was ready; x",
        "could not hand over to child #4; x",
    ] {
        let mut journal = journal(&folder, "");
        let begin = ". 7 started child #4 (pid 9)\n. 7 child #3 exited with code 0\n";
        journal.writing.write_all(begin.as_bytes()).unwrap();
        journal.read().unwrap();
        assert_eq!(journal.master(7).candidate, Some(4), "{end}");
        assert!(journal.is_child(9) && !journal.is_child(7));
        journal.writing.write_all(format!(". 7 {end}\n").as_bytes()).unwrap();
        journal.read().unwrap();
        assert_eq!(journal.master(7).candidate, None, "{end}");
    }
}

#[test]
fn what_soak_notes_is_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = journal(&folder, "");
    journal.note("restart");
    journal.read().unwrap();
    assert!(journal.unexplained().is_empty());
}

#[test]
fn an_excuse_is_for_one_child_of_one_master() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = journal(&folder, "");
    let words = &["closed its control channel", "cannot hear"];
    journal.excuse(Excuse { master: 7, generation: 4, words });
    for (line, excused) in [
        ("! 7 child #4 has closed its control channel; it gets SIGTERM", true),
        ("! 7 child #4 closed its control channel 1.2 s before it ended", true),
        ("! 7 child #4 cannot hear that it is to drain", true),
        ("! 7 child #5 closed its control channel 1.2 s before it ended", false),
        ("! 7 child #41 cannot hear that it is to drain", false),
        ("! 8 child #4 cannot hear that it is to drain", false),
        ("! 7 child #4 was killed by SIGKILL", false),
    ] {
        journal.writing.write_all(format!("{line}\n").as_bytes()).unwrap();
        journal.read().unwrap();
        assert_eq!(journal.unexplained().is_empty(), excused, "{line}");
        while journal.explain(&["child #"]) {}
    }
}
