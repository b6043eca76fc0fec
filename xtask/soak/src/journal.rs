//! Reads the lines of masters and children: each line is an event of a master, and bad news has to be
//! explained by what was done to the service.

use super::news::{decides, has, is_bad_end, is_of, serving, started};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use xtask_support::stop::{Result, Stop};

/// The number of lines to show of a run that failed.
const TAIL: usize = 60;

/// The file to which masters, children and soak write.
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
    /// Bad news that is excused for certain children, for good.
    excuses: Vec<Excuse>,
    /// The processes that masters have reported, with their numbers.
    children: BTreeMap<u32, u64>,
    /// What was said since the last query.
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

/// What a master may say of one child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excuse {
    pub(super) master: u32,
    pub(super) generation: u64,
    /// One of these.
    pub(super) words: &'static [&'static str],
}

impl Excuse {
    fn covers(&self, line: &Line) -> bool {
        line.pid == self.master
            && is_of(&line.text, self.generation)
            && self.words.iter().any(|words| line.text.contains(words))
    }
}

/// The totals of events, by the words of the masters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) masters: u64,
    pub(super) handovers: u64,
    pub(super) committed: u64,
    pub(super) refused: u64,
    pub(super) rolled_back: u64,
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
            excuses: Vec::new(),
            children: BTreeMap::new(),
            recent: Vec::new(),
            masters: BTreeMap::new(),
            counts: Counts::default(),
            path,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines, for the report on a failure.
    pub(super) fn tail(&self) -> String {
        let text = std::fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// Notes what soak does.
    pub(super) fn note(&mut self, text: &str) {
        let line = format!("# {:.3} s  {text}\n", self.start.elapsed().as_secs_f64());
        self.writing.write_all(line.as_bytes()).ok();
    }

    /// Reads the lines that were written since the last call.
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
        // Other lines are a panic, for example.
        let Some((mark, line)) = known else { return self.unexplained.push(line.to_owned()) };
        if mark == "." {
            self.count(&line);
        } else if line.text.starts_with("rolled back to the previous executable") {
            self.counts.rolled_back += 1;
        } else if line.text.starts_with("refused a new executable") {
            self.counts.refused += 1;
        }
        self.follow(&line);
        let tolerated = self.tolerated.iter().any(|words| has(&line.text, words))
            || self.excuses.iter().any(|excuse| excuse.covers(&line));
        if !tolerated && (mark == "!" || is_bad_end(&line.text)) {
            self.unexplained.push(line.text.clone());
        }
        self.recent.push(line);
    }

    /// Tracks the child that starts.
    fn follow(&mut self, line: &Line) {
        let master = self.masters.entry(line.pid).or_default();
        if let Some((generation, pid)) = started(&line.text) {
            master.candidate = Some(generation);
            self.children.insert(pid, generation);
        } else if master.candidate.is_some_and(|candidate| decides(&line.text, candidate)) {
            master.candidate = None;
        }
    }

    fn count(&mut self, line: &Line) {
        if line.text.starts_with("committed ") {
            self.counts.committed += 1;
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

    /// Starts a new step: only later lines count as recent.
    pub(super) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// The latest recent line of this process with all of these words.
    pub(super) fn said(&self, pid: u32, words: &[&str]) -> Option<&str> {
        let says = |line: &&Line| line.pid == pid && has(&line.text, words);
        self.recent.iter().rev().find(says).map(|line| line.text.as_str())
    }

    /// Whether a master or a child has written this recently.
    pub(super) fn anybody_said(&self, what: &str) -> bool {
        self.recent.iter().any(|line| line.text == what)
    }

    /// Explains the first bad news with all of these words; whether there is any.
    pub(super) fn explain(&mut self, words: &[&str]) -> bool {
        let found = self.unexplained.iter().position(|text| has(text, words));
        found.map(|at| self.unexplained.remove(at)).is_some()
    }

    /// Ignores these from now on, until it is called with none.
    pub(super) fn tolerate(&mut self, news: &'static [&'static [&'static str]]) {
        self.tolerated = news;
        for words in news {
            while self.explain(words) {}
        }
    }

    /// Whether a master has said that it started this process as its child.
    pub(super) fn is_child(&self, pid: u32) -> bool {
        self.children.contains_key(&pid)
    }

    /// The number that a master has reported for this child.
    pub(super) fn number_of(&self, pid: u32) -> Option<u64> {
        self.children.get(&pid).copied()
    }

    /// Excuses, from now on, what this master reports on this child in one of these words.
    pub(super) fn excuse(&mut self, excuse: Excuse) {
        self.excuses.push(excuse);
    }

    /// Takes a line of stderr that selfup did not write.
    pub(super) fn take_foreign(&mut self, line: String) {
        self.note(&line);
        self.unexplained.push(line);
    }

    pub(super) fn unexplained(&self) -> &[String] {
        &self.unexplained
    }
}

#[cfg(test)]
mod tests;
