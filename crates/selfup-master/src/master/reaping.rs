//! Children that have ended or closed their channel, and processes that they leave running.

use std::time::Duration;

use selfup_lifecycle::{Generation, Input};
use selfup_signals::Pid;

use super::Master;
use crate::{
    attempt::Attempt,
    child_messages,
    children::{Reaped, Running},
    event::Event,
    left_running::LeftRunning,
    warning::Warning,
};

/// A child that has closed its channel for this long is not about to end.
const CLOSED_FOR: Duration = Duration::from_secs(1);

impl Master {
    /// Reaps children, in every turn of the loop: other code may have taken their SIGCHLD.
    pub(super) fn reap(&mut self) {
        for Reaped { mut child, end, unknown, killed } in self.children.reap(self.recipe.kill_group)
        {
            let batch = child_messages::read(&mut child, child_messages::ALL);
            self.inputs.extend(batch.inputs);
            batch.reports.into_iter().for_each(|event| self.reporter.report(event));
            note_version(&mut self.newest_version, &child);
            let generation = child.generation.number();
            if let Some(early) = child.closed_early_by(self.awake) {
                let warning = Warning::ChannelClosedEarly { generation, before: early };
                self.report(Event::Warning(warning));
            }
            if unknown {
                self.report(Event::Warning(Warning::UnknownEnd { generation }));
            }
            self.report(Event::Ended { generation, end });
            self.inputs.push_back(Input::Exited(child.generation, end));
            if !killed.is_empty() {
                let pids = killed.into_iter().filter_map(Pid::new).collect();
                self.report(Event::LeftRunning { generation, pids, killed: true });
            }
            if !child.channel_closed {
                let now = self.now();
                let left = LeftRunning::new(child.generation, child.channel, child.their_end, now);
                self.left.push(left);
            }
        }
        if let Err(error) = self.orphans.reap(&self.children) {
            self.could_not(Attempt::ReapOrphans, &error);
        }
    }

    /// Reports processes that children have left running, unless they end soon.
    pub(super) fn look_at_left_running(&mut self) {
        let now = self.now();
        let left = std::mem::take(&mut self.left).into_iter().filter(LeftRunning::is_there);
        let (due, not_yet): (Vec<_>, Vec<_>) = left.partition(|left| left.is_due(now));
        self.left = not_yet;
        due.iter().for_each(|left| self.report_left_running(left));
    }

    pub(super) fn report_left_running(&mut self, left: &LeftRunning) {
        let (generation, pids) = (left.generation.number(), left.pids());
        if left.is_there() {
            self.report(Event::LeftRunning { generation, pids, killed: false });
        }
    }

    /// Reports a child that has closed its channel and lives on. The end of a child closes it a moment
    /// before the child can be reaped.
    pub(super) fn look_at_channels(&mut self) {
        let mut closed = Vec::new();
        for child in self.children.iter_mut().filter(|child| !child.closed_reported) {
            if child.closed_for(self.awake).is_some_and(|time| time >= CLOSED_FOR) {
                child.closed_reported = true;
                closed.push(child.generation);
            }
        }
        for generation in closed {
            let generation = generation.number();
            self.report(Event::Warning(Warning::ChannelClosed { generation }));
        }
    }
}

/// Remembers the version that the newest child has declared.
pub(super) fn note_version(newest: &mut Option<(Generation, String)>, child: &Running) {
    let is_newer = newest.as_ref().is_none_or(|(newest, _)| *newest < child.generation);
    if let Some(version) = child.version.clone().filter(|_| is_newer) {
        *newest = Some((child.generation, version));
    }
}
