//! One system under load, restarted again and again.

use super::super::Options;
use super::super::process::{self, Memory};
use super::build::Ready;
use super::peers::Peer;
use super::service::{Restarted, Service};
use super::silent::{self, Silent};
use selfup_load::{Config, Lane, Load, Report};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use xtask_support::command::{Failure, Result};

/// How long there is load before the first restart.
pub(super) const STEADY: Duration = Duration::from_secs(5);

/// What belongs to a handover: requests due this long after the signal.
pub(super) const AROUND: Duration = Duration::from_secs(1);

/// From one restart to the next, if the former is done.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long what stays is watched while there is nothing to do.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// Connections of each lane that keeps some.
pub(super) const KEPT: usize = 32;

/// Bytes of a POST.
const BODY: usize = 1000;

/// The measurements of one system.
pub(super) struct Trial {
    pub(super) version: String,
    pub(super) report: Report,
    /// In order; their times are from the start of the load.
    pub(super) handovers: Vec<Handover>,
    /// Of the process that stays beside the one that serves, if any does.
    pub(super) resident: Option<Resident>,
    /// Of all its processes, proportional, in KiB.
    pub(super) memory: u64,
    /// The outcome for silent clients at one more restart, after the load.
    pub(super) silent: Option<Silent>,
    /// Why the system was not restarted as often as planned.
    pub(super) trouble: Option<String>,
}

#[derive(Clone, Copy)]
pub(super) struct Handover {
    pub(super) signalled: Duration,
    pub(super) answered: Duration,
    pub(super) done: Duration,
}

#[derive(Clone, Copy)]
pub(super) struct Resident {
    pub(super) memory: Memory,
    /// In [`IDLE`].
    pub(super) wakeups: u64,
}

pub(super) fn run(peer: &Peer, ready: &Ready, target: &Path, options: &Options) -> Result<Trial> {
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(target);
    let folder = folder.map_err(|error| Failure::new(format!("no folder to run in: {error}")))?;
    let mut service = Service::start(ready, peer.restart, folder.path())?;

    let load = Load::start(config(&service, options.rate));
    let start = load.start();
    thread::park_timeout(STEADY);
    let mut handovers = Vec::new();
    let mut trouble = None;
    for _ in 0..options.restarts {
        match service.restart() {
            Ok(restarted) => {
                handovers.push(Handover::new(restarted, start));
                wait_until(restarted.signalled + INTERVAL);
            }
            Err(failure) => {
                trouble = Some(failure.to_string());
                break;
            }
        }
    }
    let report = load.stop();

    let mut resident = None;
    if let Some(pid) = service.resident() {
        let before = process::switches(pid)?;
        thread::park_timeout(IDLE);
        let wakeups = process::switches(pid)? - before;
        resident = Some(Resident { memory: Memory::of(pid)?, wakeups });
    }
    let memory = service.processes().into_iter().map(Memory::of);
    let memory = memory.flatten().map(|memory| memory.proportional).sum();
    let mut silent = None;
    if trouble.is_none() {
        match silent::ask(&mut service) {
            Ok(asked) => silent = Some(asked),
            Err(failure) => trouble = Some(failure.to_string()),
        }
    }
    let version = ready.version.clone();
    Ok(Trial { version, report, handovers, resident, memory, silent, trouble })
}

/// A fifth of the requests open a connection of their own.
fn config(service: &Service<'_>, rate: u32) -> Config {
    let rate = f64::from(rate);
    Config::new(service.address)
        .keep_samples()
        .lane(Lane::new("new").rate(rate * 0.2))
        .lane(Lane::new("kept").rate(rate * 0.4).keep_alive(KEPT))
        .lane(Lane::new("posted").rate(rate * 0.4).keep_alive(KEPT).post(BODY))
}

impl Handover {
    fn new(restarted: Restarted, start: Instant) -> Self {
        let Restarted { signalled, answered, done } = restarted;
        let [signalled, answered, done] = [signalled, answered, done].map(|it| it - start);
        Self { signalled, answered, done }
    }
}

fn wait_until(moment: Instant) {
    while let Some(rest) = moment.checked_duration_since(Instant::now()) {
        thread::park_timeout(rest);
    }
}
