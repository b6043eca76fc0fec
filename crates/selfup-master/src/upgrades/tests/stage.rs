//! A worker with a scripted source.

use std::{
    collections::VecDeque,
    io::{self, Cursor, Read},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use selfup_fetch::{Artifact, Error, ErrorKind, Fetch, Outcome, RunningExecutable};

use super::super::{
    Plan, Shared,
    word::{Words, words},
    worker::Worker,
};
use crate::{
    acceptance::Acceptance,
    event::Event,
    inbox::{Inbox, Message, inbox},
    trust::Trust,
};

pub(super) const RUNNING: &[u8] = b"what runs";
/// An executable that is refused, which shows that it came.
pub(super) const PAGE: &[u8] = b"<html>";
pub(super) const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
/// Bytes, the key that has signed them, and the signature.
pub(super) const SIGNED: &[u8] = b"#!/bin/sh\n";
pub(super) const SIGNER: &str = "RWRJdM/5b4jSFFAEFhwFGuBuJpZmSDCqWG0+SKfzGsiHKls3m5CVxBXi";
pub(super) const SIGNATURE: &str = "untrusted comment: signature
RURJdM/5b4jSFA8cT3ytZe5Rw68RHrp+uAhqM8uwDGQAMghdvBm4l109KP1ZfEoTBVJpTuKXDMdQ+wzmNc3nK8iNTjtUJROA4gQ=
trusted comment: version:1.0.0
L9oi80pT/HoyVEliGucfw3+WllOfJPZtu/FruDX+YsxW2XzaN/R26AntACIZURPzaSsKNf1wwXjmH5S06/jSDg==
";
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What the source has, and how often it was polled and fetched.
#[derive(Default)]
pub(super) struct World {
    pub(super) tag: u64,
    /// The bodies that come one after the other. The last one stays.
    pub(super) bodies: VecDeque<Body>,
    /// The errors of the first calls of `init`.
    pub(super) inits: VecDeque<Error>,
    /// The number of fetches that panic.
    pub(super) panics: u32,
    /// The number of fetches that find that the source has changed while it was read.
    pub(super) changes: u32,
    pub(super) signature: u64,
    /// The signature, instead of another one at each look.
    pub(super) signed: Option<&'static str>,
    pub(super) polls: usize,
    pub(super) fetched: usize,
    pub(super) signatures: usize,
}

#[derive(Clone)]
pub(super) enum Body {
    Whole(&'static [u8]),
    /// Half of the bytes, then this error.
    Breaks(ErrorKind),
    Foreign(io::ErrorKind),
    /// Bytes with a digest that may be wrong.
    Promised(&'static [u8], &'static str),
    Sized(&'static [u8], u64),
}

/// A fetcher with validators, as the fetchers of the project have them.
pub(super) struct Source {
    world: Arc<Mutex<World>>,
    settled: Option<u64>,
    doubtful: bool,
    refused: Option<u64>,
    pending: Option<(u64, u64)>,
    caution: Option<&'static str>,
}

pub(super) struct Fails(Option<io::Error>);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::ErrorKind::Other.into()))
    }
}

impl Body {
    fn artifact(self) -> Artifact {
        let fails = |error| Artifact::new(Cursor::new(b"half").chain(Fails(Some(error))));
        match self {
            Self::Whole(bytes) => Artifact::new(bytes),
            Self::Breaks(kind) => fails(Error::new(kind, "as the test says").into()),
            Self::Foreign(kind) => fails(kind.into()),
            Self::Promised(bytes, digest) => Artifact::new(bytes).digest(digest.parse().unwrap()),
            Self::Sized(bytes, size) => Artifact::new(bytes).size(size),
        }
    }
}

impl Fetch for Source {
    fn init(&mut self, _: &RunningExecutable) -> Result<(), Error> {
        lock(&self.world).inits.pop_front().map_or(Ok(()), Err)
    }

    #[expect(clippy::panic, reason = "the test is about panics")]
    fn fetch(&mut self, current: &RunningExecutable) -> Result<Option<Artifact>, Error> {
        let mut world = lock(&self.world);
        world.polls += 1;
        if world.panics > 0 {
            world.panics -= 1;
            drop(world);
            panic!("a fetcher's own\u{1b} failure");
        }
        if world.changes > 0 {
            world.changes -= 1;
            return Err(Error::new(ErrorKind::Changed, "replaced meanwhile"));
        }
        let is_seen = self.settled == Some(world.tag);
        let mut signed_anew = false;
        let looks = self.refused.is_some() && current.is_signature_due() && world.signed.is_none();
        if is_seen && looks {
            world.signatures += 1;
            // Another one at each look.
            world.signature += 1;
            signed_anew = self.refused != Some(world.signature);
        }
        if is_seen && !signed_anew {
            return Ok(None);
        }
        world.fetched += 1;
        self.pending = Some((world.tag, world.signature));
        let body = world.bodies.pop_front().unwrap();
        if world.bodies.is_empty() {
            world.bodies.push_back(body.clone());
        }
        let mut artifact = body.artifact().signed_anew(signed_anew);
        if current.is_signature_wanted() {
            let none = || format!("no signature {}", world.signature);
            artifact.signature = Some(world.signed.map_or_else(none, str::to_owned));
        }
        Ok(Some(artifact))
    }

    fn report(&mut self, outcome: Outcome) {
        if let Some((tag, signature)) = self.pending.take()
            && (outcome.is_final() || outcome == Outcome::Doubtful)
        {
            self.settled = Some(tag);
            self.doubtful = outcome == Outcome::Doubtful;
            self.refused = (outcome == Outcome::Refused).then_some(signature);
        }
    }

    fn holds_back(&self) -> bool {
        self.doubtful
    }

    fn retry(&mut self) {
        (self.settled, self.doubtful) = (None, false);
    }

    fn caution(&self, _: &RunningExecutable) -> Option<String> {
        self.caution.map(str::to_owned)
    }
}

/// A running worker, and everything that it has reported.
pub(super) struct Stage {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) inbox: Inbox,
    pub(super) reports: Vec<String>,
    pub(super) words: Option<Words>,
    pub(super) thread: Option<JoinHandle<()>>,
    pub(super) _folder: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new(world: World) -> Self {
        Self::with(world, Trust::default(), None)
    }

    pub(super) fn with(world: World, trust: Trust, caution: Option<&'static str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        std::fs::write(&path, RUNNING).unwrap();
        let world = Arc::new(Mutex::new(world));
        let plan = plan(&world, path, trust, caution);
        let (sender, inbox) = inbox().unwrap();
        let (words, heard) = words();
        let worker = Worker::new(plan, sender, Arc::<Shared>::default(), heard, false);
        let thread = thread::spawn(move || worker.run());
        let (words, thread) = (Some(words), Some(thread));
        Self { world, inbox, reports: Vec::new(), words, thread, _folder: folder }
    }

    /// Publishes other bodies.
    pub(super) fn publish(&self, bodies: impl IntoIterator<Item = Body>) {
        let mut world = lock(&self.world);
        world.tag += 1;
        world.bodies = bodies.into_iter().collect();
    }

    /// Waits for a report with this word, and returns how many there are so far.
    #[track_caller]
    pub(super) fn wait(&mut self, word: &str) -> usize {
        let asked = Instant::now();
        loop {
            self.read();
            let count = self.reports.iter().filter(|line| line.contains(word)).count();
            if count > 0 {
                return count;
            }
            assert!(asked.elapsed() < PATIENCE, "no {word:?} in {:?}", self.reports);
            thread::yield_now();
        }
    }

    /// Waits for this many polls, and returns how many fetches there were meanwhile.
    #[track_caller]
    pub(super) fn fetches_in(&mut self, polls: usize) -> usize {
        let (before, fetched) = {
            let world = lock(&self.world);
            (world.polls, world.fetched)
        };
        let asked = Instant::now();
        while lock(&self.world).polls < before + polls {
            assert!(asked.elapsed() < PATIENCE, "no more polls: {:?}", self.reports);
            thread::yield_now();
        }
        lock(&self.world).fetched - fetched
    }

    fn read(&mut self) {
        for message in self.inbox.take() {
            let Message::Report(event) = message else { continue };
            self.reports.push(match event {
                Event::UpToDate { .. } => "UpToDate".to_owned(),
                Event::FetchRecovered => "FetchRecovered".to_owned(),
                Event::FetchDisabled { reason, .. } => format!("FetchDisabled {reason}"),
                Event::FetchFailed { reason, .. } => format!("FetchFailed {reason}"),
                Event::Refused { reason, .. } => format!("Refused {reason}"),
                Event::Warning(warning) => format!("Warning {warning}"),
                event => format!("{event:?}"),
            });
        }
    }

    pub(super) fn reported(&mut self, word: &str) -> usize {
        self.read();
        self.reports.iter().filter(|line| line.contains(word)).count()
    }
}

impl Stage {
    /// Ends the worker, as the end of the master does.
    pub(super) fn end(&mut self) {
        drop(self.words.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.end();
    }
}

pub(super) fn plan(
    world: &Arc<Mutex<World>>,
    path: PathBuf,
    trust: Trust,
    caution: Option<&'static str>,
) -> Plan {
    let source = Source {
        world: Arc::clone(world),
        settled: None,
        doubtful: false,
        refused: None,
        pending: None,
        caution,
    };
    Plan {
        has_source: true,
        fetcher: Box::new(source),
        acceptance: acceptance(path, trust),
        min_interval: Duration::from_millis(20),
    }
}

pub(super) fn acceptance(path: PathBuf, trust: Trust) -> Acceptance {
    Acceptance {
        path,
        size_cap: 1 << 20,
        trust,
        pre_upgrade: None,
        retry_refused: false,
        is_named: true,
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn world(bodies: impl IntoIterator<Item = Body>) -> World {
    World { bodies: bodies.into_iter().collect(), ..World::default() }
}
