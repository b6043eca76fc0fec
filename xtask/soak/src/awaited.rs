//! What soak waits for: the states that must follow from what it does.

use super::journal::Master;
use super::news::started;
use super::proc;
use super::service::{End, Service};
use super::visit::{Response, Visit, ask};
use nix::sys::signal::Signal as Number;
use std::fs;
use std::time::Duration;
use xtask_support::stop::{Result, Stop};

/// So many responses in a row are from the right one.
const IN_A_ROW: usize = 3;

impl Service {
    /// The child that serves.
    pub(super) fn serving(&mut self) -> Result<u32> {
        Ok(self.settled()?.pid)
    }

    /// Waits until the release that is to serve does, as a child of this master.
    pub(super) fn settled(&mut self) -> Result<Response> {
        let (mut in_a_row, mut last) = (0, None);
        let expected = self.release;
        self.wait_for_master(&format!("release {expected} to serve"), |service| {
            service.explained()?;
            let Master { serving, candidate, .. } = service.journal.master(service.master);
            if serving == 0 || candidate.is_some() {
                return Ok(false);
            }
            let response = ask(service.address)?;
            let right = response.release == expected
                && response.generation == serving
                && proc::children_of(service.master).contains(&response.pid);
            in_a_row = if right { in_a_row + 1 } else { 0 };
            last = Some(response);
            Ok(in_a_row >= IN_A_ROW)
        })?;
        last.ok_or_else(|| Stop::because("nobody answered"))
    }

    /// Waits until no upgrade is on trial: the record beside the executable says so.
    pub(super) fn wait_decided(&mut self) -> Result {
        let record = self.stage.path("service/.app.selfup-record");
        self.wait_for("the end of the probation", |_| {
            let record = fs::read_to_string(&record).unwrap_or_default();
            let decided =
                |line: &str| !["trial ", "candidate "].iter().any(|on| line.starts_with(on));
            Ok(record.lines().all(decided))
        })
    }

    /// Waits until what is at the path is the release that is to serve, whole and for good.
    pub(super) fn right_file(&mut self) -> Result {
        self.settled()?;
        self.wait_decided()?;
        let program = self.stage.path("service/app");
        self.wait_for_master("the right file to be in place", |service| {
            Ok(fs::read(&program).is_ok_and(|bytes| service.releases.is_current(&bytes)))
        })
    }

    /// The number of this child, as its master said.
    pub(super) fn number_of(&mut self, child: u32) -> Result<u64> {
        self.look()?;
        let number = self.journal.number_of(child);
        number.ok_or_else(|| Stop::because(format!("no master has reported {child}")))
    }

    /// Waits until a child serves that is younger than this one.
    pub(super) fn wait_younger(&mut self, than: u64) -> Result {
        self.wait_for_master(&format!("a child younger than #{than} to serve"), |service| {
            Ok(service.journal.master(service.master).serving > than)
        })
    }

    /// The number of the child that serves, as the master said.
    pub(super) fn generation(&self) -> u64 {
        self.journal.master(self.master).serving
    }

    /// Asks for a restart as an operator would.
    pub(super) fn restart(&mut self) -> Result {
        self.signal(self.master, Number::SIGUSR2)
    }

    /// Asks for a restart, and returns when another child serves.
    pub(super) fn restarted(&mut self) -> Result {
        let before = self.generation();
        self.restart()?;
        self.wait_younger(before)
    }

    /// Asks for a restart, and returns the child that starts. There is a hold, so it goes on
    /// starting.
    pub(super) fn start_held(&mut self) -> Result<u32> {
        self.restart()?;
        let mut found = None;
        self.wait_for_master("a child to start", |service| {
            let serving = service.generation();
            let said = service.journal.said(service.master, &["started child #"]);
            let younger = |(generation, _): &(u64, u32)| *generation > serving;
            found = said.and_then(started).filter(younger).map(|(_, pid)| pid);
            Ok(found.is_some_and(|pid| proc::catches(pid, Number::SIGUSR1 as i32)))
        })?;
        found.ok_or_else(|| Stop::because("no child has started"))
    }

    /// Checks that nothing has changed: the same child serves as before.
    pub(super) fn still_serves(&mut self, before: u32) -> Result {
        match self.serving()? {
            now if now == before => Ok(()),
            now => Err(Stop::because(format!("{now} serves instead of {before}"))),
        }
    }

    /// A request that the child which serves now has to answer, whatever happens to it meanwhile.
    pub(super) fn hold_a_request(&mut self, takes: Duration) -> Result<Held> {
        let child = self.serving()?;
        let visit = Visit::begin(self.address, takes)?;
        // Connections are accepted in their order: this one has been by now.
        let next = ask(self.address)?;
        if next.pid != child {
            return Err(Stop::because(format!("{} answers instead of {child}", next.pid)));
        }
        Ok(Held { child, visit })
    }

    /// Waits until bad news with all of these words is there, and takes it for explained.
    pub(super) fn wait_explained(&mut self, words: &[&str]) -> Result {
        self.wait_for_master(&format!("news of {words:?}"), |service| {
            Ok(service.journal.explain(words))
        })
    }

    /// Checks that all bad news so far followed from the disturbances.
    pub(super) fn explained(&self) -> Result {
        match self.journal.unexplained() {
            [] => Ok(()),
            news => Err(Stop::because(format!("nothing explains: {}", news.join("\n  ")))),
        }
    }

    /// Waits until the master has a single child, the one that serves.
    pub(super) fn wait_single(&mut self) -> Result<u32> {
        let serving = self.serving()?;
        let master = self.master;
        self.wait_for_master("a single child", |_| Ok(proc::children_of(master) == [serving]))
            .map_err(|stop| stop.with(&proc::listed(&proc::children_of(master))))?;
        Ok(serving)
    }

    /// Waits until the master has ended.
    pub(super) fn wait_ended(&mut self) -> Result<End> {
        self.wait_for("the master to end", |service| Ok(service.end().is_some()))?;
        self.end().ok_or_else(|| Stop::because("the master has no end"))
    }

    /// Waits until nothing runs any more that came from here.
    pub(super) fn wait_gone(&mut self) -> Result {
        let left = || proc::descendants_of(std::process::id());
        self.wait_for("all processes to end", |_| Ok(left().is_empty()))
            .map_err(|stop| stop.with(&proc::listed(&left())))
    }
}

/// A request that one child has.
pub(super) struct Held {
    pub(super) child: u32,
    visit: Visit,
}

impl Held {
    /// Waits for its response, which is to come from that child.
    pub(super) fn answered(self) -> Result {
        match self.visit.end()? {
            response if response.pid == self.child => Ok(()),
            response => {
                let (pid, child) = (response.pid, self.child);
                Err(Stop::because(format!("{pid} has answered what {child} had")))
            }
        }
    }
}
