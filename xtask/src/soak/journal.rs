//! What masters and children say: each line is an event of a master, and what is bad news has to be
//! explained by what was done to the service.

use super::news::{decides, has, is_bad_end, serving, started};
use super::stop::{Result, Stop};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// So many lines are shown of a run that failed.
const TAIL: usize = 60;

/// The file to which all of them write, and soak too.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    reading: File,
    writing: File,
    start: Instant,
    unfinished: Vec<u8>,
    /// Bad news that nothing explains yet.
    unexplained: Vec<String>,
    /// Bad news with all words of one of these explains itself for now.
    tolerated: &'static [&'static [&'static str]],
    /// The processes that masters have told of.
    children: BTreeSet<u32>,
    /// What was said since somebody asked last.
    recent: Vec<Line>,
    /// By master: the child that serves, and how often another one did before.
    masters: BTreeMap<u32, Master>,
    pub(super) counts: Counts,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) pid: u32,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Master {
    /// The number of the child that serves; 0 while none does.
    pub(super) serving: u64,
    /// How often a child took over from another.
    pub(super) handovers: u64,
    /// The child that is to take over next.
    pub(super) candidate: Option<u64>,
}

/// What has happened in all, by the words of the masters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) masters: u64,
    pub(super) handovers: u64,
    pub(super) kept: u64,
    pub(super) refused: u64,
    pub(super) put_back: u64,
}

impl Journal {
    pub(super) fn create(path: PathBuf) -> Result<Self> {
        let failed = |error| Stop::because(format!("{} cannot be made: {error}", path.display()));
        let writing = File::options().append(true).create(true).open(&path).map_err(failed)?;
        let reading = File::open(&path).map_err(failed)?;
        Ok(Self {
            reading,
            writing,
            start: Instant::now(),
            unfinished: Vec::new(),
            unexplained: Vec::new(),
            tolerated: &[],
            children: BTreeSet::new(),
            recent: Vec::new(),
            masters: BTreeMap::new(),
            counts: Counts::default(),
            path,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines, for somebody who looks for a failure.
    pub(super) fn tail(&self) -> String {
        let text = std::fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// For a process to write to.
    pub(super) fn file(&self) -> Result<File> {
        self.writing.try_clone().map_err(|error| Stop::because(format!("the log: {error}")))
    }

    /// Notes what soak does.
    pub(super) fn note(&mut self, text: &str) {
        let line = format!("# {:.3} s  {text}\n", self.start.elapsed().as_secs_f64());
        self.writing.write_all(line.as_bytes()).ok();
    }

    /// Reads what was written since.
    pub(super) fn read(&mut self) -> Result {
        let read = self.reading.read_to_end(&mut self.unfinished);
        read.map_err(|error| Stop::because(format!("the log cannot be read: {error}")))?;
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.take(String::from_utf8_lossy(&line).trim_end());
        }
        Ok(())
    }

    fn take(&mut self, line: &str) {
        if line.starts_with("# ") {
            return;
        }
        let mut words = line.splitn(3, ' ');
        let known = (|| {
            let mark = words.next().filter(|mark| ["!", ".", "-"].contains(mark))?;
            let pid = words.next()?.parse().ok()?;
            Some((mark, Line { pid, text: words.next()?.to_owned() }))
        })();
        // What is no event is a panic, for example.
        let Some((mark, line)) = known else { return self.unexplained.push(line.to_owned()) };
        if mark == "." {
            self.count(&line);
        } else if line.text.starts_with("put the previous executable back") {
            self.counts.put_back += 1;
        } else if line.text.starts_with("refused a new executable") {
            self.counts.refused += 1;
        }
        self.follow(&line);
        let tolerated = self.tolerated.iter().any(|words| has(&line.text, words));
        if !tolerated && (mark == "!" || is_bad_end(&line.text)) {
            self.unexplained.push(line.text.clone());
        }
        self.recent.push(line);
    }

    /// Keeps track of the child that starts.
    fn follow(&mut self, line: &Line) {
        let master = self.masters.entry(line.pid).or_default();
        if let Some((generation, pid)) = started(&line.text) {
            master.candidate = Some(generation);
            self.children.insert(pid);
        } else if master.candidate.is_some_and(|candidate| decides(&line.text, candidate)) {
            master.candidate = None;
        }
    }

    fn count(&mut self, line: &Line) {
        if line.text.starts_with("keeping ") {
            self.counts.kept += 1;
        }
        let Some(generation) = serving(&line.text) else { return };
        let master = self.masters.entry(line.pid).or_default();
        if master.serving > 0 {
            master.handovers += 1;
            self.counts.handovers += 1;
        } else {
            self.counts.masters += 1;
        }
        master.serving = generation;
    }

    pub(super) fn master(&self, pid: u32) -> Master {
        self.masters.get(&pid).copied().unwrap_or_default()
    }

    /// From now on, what was said counts as recent.
    pub(super) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// The latest recent line of this process with all of these words.
    pub(super) fn said(&self, pid: u32, words: &[&str]) -> Option<&str> {
        let says = |line: &&Line| line.pid == pid && has(&line.text, words);
        self.recent.iter().rev().find(says).map(|line| line.text.as_str())
    }

    /// Whether anybody has said this recently, a child too.
    pub(super) fn anybody_said(&self, what: &str) -> bool {
        self.recent.iter().any(|line| line.text == what)
    }

    /// Explains the first bad news with all of these words; whether there is any.
    pub(super) fn explain(&mut self, words: &[&str]) -> bool {
        let found = self.unexplained.iter().position(|text| has(text, words));
        found.map(|at| self.unexplained.remove(at)).is_some()
    }

    /// From now on nobody wants to hear of these, until it is called with nothing.
    pub(super) fn tolerate(&mut self, news: &'static [&'static [&'static str]]) {
        self.tolerated = news;
        for words in news {
            while self.explain(words) {}
        }
    }

    /// Whether a master has said that it started this process as its child.
    pub(super) fn is_child(&self, pid: u32) -> bool {
        self.children.contains(&pid)
    }

    pub(super) fn unexplained(&self) -> &[String] {
        &self.unexplained
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(folder: &tempfile::TempDir, text: &str) -> Journal {
        let mut journal = Journal::create(folder.path().join("log")).unwrap();
        journal.file().unwrap().write_all(text.as_bytes()).unwrap();
        journal.read().unwrap();
        journal
    }

    #[test]
    fn good_news_is_counted_and_bad_news_wants_an_explanation() {
        let folder = tempfile::tempdir().unwrap();
        let text = ". 7 child #1 serves\n. 7 child #3 serves\n. 7 child #1 exited with code 0\n\
                    . 7 child #2 exited with code 3\n! 7 child #2 exited with code 3 before it was \
                    ready\n! 7 put the previous executable back; x is refused\nthread panicked\n\
                    . 7 not fini";
        let mut journal = journal(&folder, text);
        assert_eq!((journal.master(7).serving, journal.master(7).handovers), (3, 1));
        assert_eq!(journal.master(7).candidate, None);
        assert_eq!((journal.counts.masters, journal.counts.put_back), (1, 1));
        assert_eq!(journal.unexplained().len(), 4);
        assert!(journal.explain(&["#2", "before it was ready"]));
        assert!(!journal.explain(&["#2", "before it was ready"]));
        journal.tolerate(&[&["#2"]]);
        assert!(journal.explain(&["put the previous"]));
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
            journal.file().unwrap().write_all(begin.as_bytes()).unwrap();
            journal.read().unwrap();
            assert_eq!(journal.master(7).candidate, Some(4), "{end}");
            assert!(journal.is_child(9) && !journal.is_child(7));
            journal.file().unwrap().write_all(format!(". 7 {end}\n").as_bytes()).unwrap();
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
}
