//! The worker with a scripted source, whose executables come damaged, late or not at all.

use std::{
    collections::VecDeque,
    io::{self, Cursor, Read},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use selfup_fetch::{Artifact, Error, ErrorKind, Fetch, Outcome, RunningExecutable};
use selfup_install::{Checks, Expected, Target};

use super::{
    Adopted, Commit, Plan, Shared, Undecided, Upgrades,
    word::{Words, words},
    worker::Worker,
};
use crate::{
    acceptance::Acceptance,
    event::Event,
    inbox::{Inbox, Message, inbox},
    settings::UpgradeOptions,
    trust::Trust,
};

const RUNNING: &[u8] = b"what runs";
/// An executable that is refused, which shows that it came.
const PAGE: &[u8] = b"<html>";
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
/// Bytes, the key that has signed them, and the signature.
const SIGNED: &[u8] = b"#!/bin/sh\n";
const SIGNER: &str = "RWRJdM/5b4jSFFAEFhwFGuBuJpZmSDCqWG0+SKfzGsiHKls3m5CVxBXi";
const SIGNATURE: &str = "untrusted comment: signature
RURJdM/5b4jSFA8cT3ytZe5Rw68RHrp+uAhqM8uwDGQAMghdvBm4l109KP1ZfEoTBVJpTuKXDMdQ+wzmNc3nK8iNTjtUJROA4gQ=
trusted comment: version:1.0.0
L9oi80pT/HoyVEliGucfw3+WllOfJPZtu/FruDX+YsxW2XzaN/R26AntACIZURPzaSsKNf1wwXjmH5S06/jSDg==
";
const PATIENCE: Duration = Duration::from_secs(60);

/// What the source has, and how often it was polled and fetched.
#[derive(Default)]
struct World {
    tag: u64,
    /// The bodies that come one after the other. The last one stays.
    bodies: VecDeque<Body>,
    /// The errors of the first calls of `init`.
    inits: VecDeque<Error>,
    /// The number of fetches that panic.
    panics: u32,
    /// The number of fetches that find that the source has changed while it was read.
    changes: u32,
    signature: u64,
    /// The signature, instead of another one at each look.
    signed: Option<&'static str>,
    polls: usize,
    fetched: usize,
    signatures: usize,
}

#[derive(Clone)]
enum Body {
    Whole(&'static [u8]),
    /// Half of the bytes, then this error.
    Breaks(ErrorKind),
    Foreign(io::ErrorKind),
    /// Bytes with a digest that may be wrong.
    Promised(&'static [u8], &'static str),
    Sized(&'static [u8], u64),
}

/// A fetcher with validators, as the fetchers of the project have them.
struct Source {
    world: Arc<Mutex<World>>,
    settled: Option<u64>,
    doubtful: bool,
    refused: Option<u64>,
    pending: Option<(u64, u64)>,
    caution: Option<&'static str>,
}

struct Fails(Option<io::Error>);

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
struct Stage {
    world: Arc<Mutex<World>>,
    inbox: Inbox,
    reports: Vec<String>,
    words: Option<Words>,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(world: World) -> Self {
        Self::with(world, Trust::default(), None)
    }

    fn with(world: World, trust: Trust, caution: Option<&'static str>) -> Self {
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
    fn publish(&self, bodies: impl IntoIterator<Item = Body>) {
        let mut world = lock(&self.world);
        world.tag += 1;
        world.bodies = bodies.into_iter().collect();
    }

    /// Waits for a report with this word, and returns how many there are so far.
    #[track_caller]
    fn wait(&mut self, word: &str) -> usize {
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
    fn fetches_in(&mut self, polls: usize) -> usize {
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

    fn reported(&mut self, word: &str) -> usize {
        self.read();
        self.reports.iter().filter(|line| line.contains(word)).count()
    }
}

impl Stage {
    /// Ends the worker, as the end of the master does.
    fn end(&mut self) {
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

fn plan(
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

fn acceptance(path: PathBuf, trust: Trust) -> Acceptance {
    Acceptance {
        path,
        size_cap: 1 << 20,
        trust,
        pre_upgrade: None,
        retry_refused: false,
        is_named: true,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn world(bodies: impl IntoIterator<Item = Body>) -> World {
    World { bodies: bodies.into_iter().collect(), ..World::default() }
}

#[test]
fn damaged_bytes_are_fetched_again_although_the_source_is_unchanged() {
    let other = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709";
    for damaged in [
        Body::Breaks(ErrorKind::Corrupt),
        Body::Breaks(ErrorKind::Truncated),
        Body::Breaks(ErrorKind::TooLarge),
        Body::Foreign(io::ErrorKind::InvalidData),
        Body::Promised(PAGE, other),
        Body::Promised(RUNNING, other),
        Body::Sized(PAGE, 99),
        Body::Sized(RUNNING, 3),
    ] {
        let mut stage = Stage::new(world([damaged.clone(), damaged, Body::Whole(RUNNING)]));
        stage.wait("UpToDate");
        assert_eq!(stage.reported("Refused"), 0, "{:?}", stage.reports);
        assert_eq!(stage.reported("FetchFailed"), 1, "once: {:?}", stage.reports);
        stage.wait("FetchRecovered");
        assert_eq!(lock(&stage.world).fetched, 3);
        assert_eq!(stage.fetches_in(5), 0, "being up to date is settled");
    }
}

#[test]
fn bytes_damaged_at_their_source_are_fetched_less_and_less_often_until_they_change() {
    let mut stage = Stage::new(world([Body::Breaks(ErrorKind::Corrupt)]));
    stage.wait("FetchFailed");
    let fetched = stage.fetches_in(100);
    assert!(fetched <= 4, "{fetched} fetches in 100 polls");
    assert_eq!(stage.reported("FetchRecovered"), 0, "{:?}", stage.reports);
    stage.publish([Body::Whole(RUNNING)]);
    stage.wait("UpToDate");
    stage.wait("FetchRecovered");
    assert_eq!(stage.reported("FetchFailed"), 1, "{:?}", stage.reports);
}

#[test]
fn bytes_that_run_already_under_a_new_validator_are_fetched_again() {
    let mut stage = Stage::new(world([Body::Whole(RUNNING)]));
    stage.wait("UpToDate");
    assert_eq!(stage.fetches_in(20), 0, "at first, it is");
    stage.publish([Body::Whole(RUNNING), Body::Whole(RUNNING), Body::Whole(PAGE)]);
    stage.wait("Refused");
    assert_eq!(stage.reported("FetchFailed"), 0, "{:?}", stage.reports);
    assert_eq!(stage.fetches_in(20), 0, "a failed check is final");
}

#[test]
fn a_source_that_changes_while_a_fetcher_reads_it_is_reported_if_that_does_not_end() {
    let mut stage = Stage::new(World { changes: 5, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.reported("FetchFailed"), 0, "{:?}", stage.reports);
    drop(stage);
    let mut stage = Stage::new(World { changes: 6, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchFailed could not fetch: replaced meanwhile");
    stage.wait("FetchRecovered");
}

#[test]
fn a_source_that_fails_to_begin_is_tried_again() {
    let late = || Error::new(ErrorKind::NotFound, "not mounted");
    let inits = [late(), late(), Error::new(ErrorKind::Denied, "not yet")].into();
    let mut stage = Stage::new(World { inits, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.reported("FetchFailed"), 2, "each reason once: {:?}", stage.reports);
    stage.wait("FetchRecovered");
    assert_eq!(stage.reported("FetchDisabled"), 0, "{:?}", stage.reports);

    let inits = [Error::new(ErrorKind::Configuration, "no address")].into();
    let mut stage = Stage::new(World { inits, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchDisabled could not fetch: no address");
    stage.end();
    assert_eq!(lock(&stage.world).polls, 0);
}

#[test]
fn the_worker_starts_again_after_a_panic_but_not_for_ever() {
    let mut stage = Stage::new(World { panics: 3, ..world([Body::Whole(RUNNING)]) });
    stage.wait("UpToDate");
    assert_eq!(stage.wait("panicked: a fetcher's own\\u{1b} failure"), 1, "{:?}", stage.reports);
    assert_eq!(stage.reported("FetchDisabled"), 0);

    let mut stage = Stage::new(World { panics: u32::MAX, ..world([Body::Whole(RUNNING)]) });
    stage.wait("FetchDisabled the thread that fetches panicked: a fetcher's own\\u{1b} failure");
    stage.end();
    assert_eq!(stage.reported("FetchFailed"), 1, "{:?}", stage.reports);
    assert_eq!(lock(&stage.world).polls, 5);
}

#[test]
fn a_signature_that_keeps_changing_does_not_bring_the_executable_each_time() {
    let mut stage = Stage::with(world([Body::Whole(PAGE)]), trusting(KEY), None);
    stage.wait("Refused");
    let fetched = stage.fetches_in(100);
    assert!((1..=4).contains(&fetched), "{fetched} fetches in 100 polls");
    // Another executable has nothing to do with it.
    let before = lock(&stage.world).fetched;
    stage.publish([Body::Whole(PAGE)]);
    stage.fetches_in(3);
    assert!(lock(&stage.world).fetched > before);
}

fn trusting(key: &str) -> Trust {
    let keys = vec![key.to_owned()];
    UpgradeOptions { keys, allow_downgrade: true, ..UpgradeOptions::default() }.check().unwrap()
}

/// Another process has put something else at the path, and so has decided.
#[test]
fn a_release_that_was_overruled_brings_no_keys() {
    for is_overruled in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app");
        std::fs::write(&path, RUNNING).unwrap();
        let mut staged = Target::new(&path).unwrap().stage(Expected::new()).unwrap();
        staged.write(&mut &b"#!/bin/sh\n"[..], &mut |_| ()).unwrap();
        let trial = staged.verify(Checks::new().probe(None)).unwrap().try_out().unwrap();
        if is_overruled {
            std::fs::write(folder.path().join("new"), PAGE).unwrap();
            std::fs::rename(folder.path().join("new"), &path).unwrap();
        }
        let plan = plan(&Arc::default(), path, trusting(KEY), None);
        let undecided = Some(Undecided::Beside(Box::new(trial)));
        let mut upgrades = Upgrades::new(Some(plan), undecided);
        let (committed, adopted) = upgrades.commit(Some(&[SIGNER.to_owned()])).unwrap();
        let expected = if is_overruled { Adopted::Same } else { Adopted::Others };
        assert_eq!(matches!(committed, Commit::Overruled(_)), is_overruled, "{committed:?}");
        assert_eq!(adopted, expected);
    }
}

#[test]
fn bytes_that_only_their_signature_could_show_as_damaged_are_refused_and_fetched_again() {
    let damaged = || Body::Whole(b"#!/bin/si\n");
    let bodies = [damaged(), damaged(), Body::Whole(SIGNED)];
    let world = World { signed: Some(SIGNATURE), ..world(bodies) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("Refused could not replace");
    assert_eq!(stage.reported("is not one of these bytes"), 1, "once: {:?}", stage.reports);
    assert_eq!(lock(&stage.world).fetched, 3);
    assert_eq!(stage.fetches_in(20), 0, "a failed check is final");
}

#[test]
fn bytes_with_a_wrong_signature_are_fetched_less_and_less_often_until_they_change() {
    let world = World { signed: Some(SIGNATURE), ..world([Body::Whole(PAGE)]) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("is not one of these bytes");
    let fetched = stage.fetches_in(100);
    assert!((1..=4).contains(&fetched), "{fetched} fetches in 100 polls");
    let before = lock(&stage.world).fetched;
    stage.publish([Body::Whole(RUNNING)]);
    stage.fetches_in(3);
    assert!(lock(&stage.world).fetched > before, "other bytes are fetched at once");
}

#[test]
fn refused_bytes_that_nothing_vouches_for_are_fetched_once_more() {
    let mut stage = Stage::new(world([Body::Whole(PAGE), Body::Whole(RUNNING)]));
    stage.wait("UpToDate");
    assert_eq!(stage.reported("Refused"), 1, "{:?}", stage.reports);
    assert_eq!(lock(&stage.world).fetched, 2, "although the source is unchanged");

    let mut stage = Stage::new(world([Body::Whole(PAGE)]));
    stage.wait("Refused");
    stage.fetches_in(100);
    assert_eq!(lock(&stage.world).fetched, 2, "the same bytes again are beyond doubt");
    assert_eq!(stage.reported("Refused"), 1, "{:?}", stage.reports);
}

/// The signature itself is then proven wrong.
#[test]
fn bytes_that_match_their_digest_are_not_taken_for_damaged() {
    let vouched = Body::Promised(b"", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709");
    let world = World { signed: Some(SIGNATURE), ..world([vouched]) };
    let mut stage = Stage::with(world, trusting(SIGNER), None);
    stage.wait("is not one of these bytes");
    assert_eq!(stage.fetches_in(100), 0);
}

#[test]
fn the_caution_of_a_fetcher_is_reported_once() {
    let caution = Some("nothing protects it; protect it");
    let world = World { panics: 2, ..world([Body::Whole(RUNNING)]) };
    let mut stage = Stage::with(world, Trust::default(), caution);
    stage.wait("UpToDate");
    stage.fetches_in(5);
    assert_eq!(stage.reported("Warning nothing protects it; protect it"), 1, "{:?}", stage.reports);
}
