//! A master that can open hardly anything.

use super::limits::{self, Limit};
use crate::proc;
use crate::service::Service;
use std::time::Duration;
use xtask_support::stop::Result;

/// What a master without a free descriptor may report.
const NEWS: &[&[&str]] = &[
    &["Too many open files"],
    &["could not start child #"],
    &["could not hand over to child #"],
    &["no upgrade for now"],
];

/// Long enough for a restart and some looks at the source.
const LASTS: Duration = Duration::from_millis(700);

/// The active child goes on, and no release is blamed: once there are enough again, the release that
/// came meanwhile is the one that serves.
///
/// A child that is started meanwhile has the same limit, and raises it for itself, as servers do.
pub(super) fn run_out(service: &mut Service, more: u64) -> Result {
    service.wait_decided()?;
    service.settled()?;
    let before = limits::soft(service, Limit::OpenFiles)?;
    let open: usize = proc::descriptors_of(service.master).values().sum();
    service.journal.tolerate(NEWS);
    limits::set_soft(service, Limit::OpenFiles, &(open as u64 + more).to_string())?;
    service.restart()?;
    let next = service.releases.publish_good()?;
    service.pause(LASTS)?;
    limits::set_soft(service, Limit::OpenFiles, &before)?;
    limits::recovered(service, next)
}
