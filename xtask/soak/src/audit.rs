//! Audits the resources of a process, and finds those that grow.

use super::proc;
use super::service::Service;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use xtask_support::stop::{Result, Stop};

/// What may be beside the executable while nothing is under way.
const FILES: [&str; 3] = [".app.selfup-previous", ".app.selfup-record", "app"];

/// How long a count may be higher before that is a leak: a file is opened, a thread ends.
const PATIENCE: Duration = Duration::from_secs(15);

/// By how much the memory of a master may grow, in KiB: what an allocator scatters, and as much for
/// each handover as a leak of a few words would be.
const SCATTERED: u64 = 384;
const BYTES_FOR_A_HANDOVER: u64 = 256;

/// From this handover on, a master has made all that it makes for itself.
const GROWN_UP: u64 = 10;

/// The resources of a process that could grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Belongings {
    descriptors: BTreeMap<String, usize>,
    threads: usize,
    /// Descendants, zombies included.
    children: usize,
}

impl Belongings {
    pub(super) fn of(pid: u32) -> Self {
        Self {
            descriptors: proc::descriptors_of(pid),
            threads: proc::threads_of(pid),
            children: proc::children_of(pid).len(),
        }
    }
}

/// The figures at the start, and those that are compared with them.
#[derive(Debug)]
pub(super) struct Audit {
    master: Belongings,
    child: Belongings,
    /// For the master that runs: the number of handovers, and its memory then in KiB.
    memory: Option<(u64, u64)>,
    /// The most that the memory of a master has grown, in KiB, and in how many handovers.
    pub(super) growth: Option<(i64, u64)>,
    /// The highest number of handovers of one master.
    pub(super) longest: u64,
    pub(super) audits: u64,
}

impl Audit {
    /// Takes the present state as the correct one. There must be no load yet.
    pub(super) fn begin(service: &mut Service) -> Result<Self> {
        service.wait_decided()?;
        let child = service.wait_single()?;
        service.pause(Duration::from_millis(200))?;
        Ok(Self {
            master: Belongings::of(service.master),
            child: Belongings::of(child),
            memory: None,
            growth: None,
            longest: 0,
            audits: 0,
        })
    }

    /// Looks at the memory of a master that is no longer new, once.
    pub(super) fn note_memory(&mut self, service: &Service) {
        let handovers = service.journal.master(service.master).handovers;
        if self.memory.is_none() && handovers >= GROWN_UP {
            self.memory = proc::memory_of(service.master).map(|kib| (handovers, kib));
        }
    }

    /// Checks that the master has as much as at the start, and the folder the same files. Call this
    /// before the master ends.
    pub(super) fn master(&mut self, service: &mut Service) -> Result {
        service.wait_decided()?;
        service.wait_single()?;
        let (master, expected) = (service.master, self.master.clone());
        equal(service, "the master", &expected, || Belongings::of(master))?;
        self.files(service)?;
        self.audits += 1;
        let handovers = service.journal.master(master).handovers;
        self.longest = self.longest.max(handovers);
        let Some((since, before)) = self.memory.take() else { return Ok(()) };
        let now = proc::memory_of(master)
            .ok_or_else(|| Stop::because("could not read the memory of the master"))?;
        let passed = handovers - since;
        let growth = now as i64 - before as i64;
        if self.growth.is_none_or(|(most, _)| growth > most) {
            self.growth = Some((growth, passed));
        }
        if growth > (SCATTERED + passed * BYTES_FOR_A_HANDOVER / 1024) as i64 {
            return Err(Stop::because(format!(
                "the master has {now} KiB of its own, after {before} KiB {passed} handovers before"
            )));
        }
        Ok(())
    }

    /// Checks, after the load, that the child has what it had before, and that no connection is
    /// left.
    pub(super) fn child(&self, service: &mut Service) -> Result {
        let child = service.wait_single()?;
        equal(service, "the child", &self.child, || Belongings::of(child))?;
        let address = service.address;
        service.wait_for("the connections to be gone", |_| {
            Ok(proc::connections_to(address).is_empty())
        })
    }

    /// Checks that there is only the executable and what selfup keeps for it.
    pub(super) fn files(&self, service: &mut Service) -> Result {
        let started = Instant::now();
        loop {
            // Processes create a lock file and remove it again.
            let files = service.stage.files();
            let left: Vec<_> =
                files.iter().filter(|name| !FILES.contains(&name.as_str())).collect();
            if left.is_empty() {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(Stop::because(format!("left beside the executable: {left:?}")));
            }
            service.pause(Duration::from_millis(5))?;
        }
    }
}

fn equal(
    service: &mut Service,
    whose: &str,
    expected: &Belongings,
    now: impl Fn() -> Belongings,
) -> Result {
    let started = Instant::now();
    loop {
        let now = now();
        if now == *expected {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(Stop::because(format!(
                "{whose} has more or less than in the beginning:\n  {now:?}\n  {expected:?}"
            )));
        }
        service.pause(Duration::from_millis(5))?;
    }
}
