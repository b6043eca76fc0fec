//! A master that cannot start a process or a thread, now and then.

use super::limits::{self, Limit};
use crate::service::Service;
use std::time::Duration;
use xtask_support::stop::Result;

/// What a master may report then.
const NEWS: &[&[&str]] = &[
    &["could not start child #"],
    &["could not hand over to child #"],
    &["no upgrade for now"],
    // The event lacks the id then.
    &["could not look at the executable of the child that serves"],
];

/// The number of changes between the two states.
const TIMES: u32 = 6;

/// The active child goes on, and no release is blamed: the release that came meanwhile serves in the
/// end.
pub(super) fn fail(service: &mut Service, apart: Duration) -> Result {
    service.wait_decided()?;
    service.settled()?;
    let before = limits::soft(service, Limit::Processes)?;
    service.journal.tolerate(NEWS);
    let mut next = service.release;
    for time in 0..TIMES {
        limits::set_soft(service, Limit::Processes, "1")?;
        if time == 0 {
            next = service.releases.publish_good()?;
        }
        service.restart()?;
        service.pause(apart)?;
        limits::set_soft(service, Limit::Processes, &before)?;
        service.pause(apart)?;
    }
    limits::recovered(service, next)
}
