//! The loss of a child's control channel.

use super::master::ends;
use crate::audit::Audit;
use crate::disturbance::Whose;
use crate::journal::Excuse;
use crate::service::{End, Service};
use nix::sys::signal::Signal;
use std::time::Duration;
use xtask_support::stop::Result;

/// The time for which a draining child has a request.
const HELD: Duration = Duration::from_millis(600);

/// What a master says of a child that has lost its channel: at once, when it is to drain, or after its
/// end, which may come in a later step.
const NEWS: &[&str] = &["closed its control channel", "cannot hear that it is to drain"];

/// For the child, the master is gone then: it finishes its requests, and ends.
pub(super) fn lose(service: &mut Service, audit: &mut Audit, whose: Whose) -> Result {
    match whose {
        Whose::Serving => serving(service, audit),
        Whose::Draining => draining(service),
        Whose::Starting => starting(service),
    }
}

/// The master ends as its child has ended, and is started again.
fn serving(service: &mut Service, audit: &mut Audit) -> Result {
    audit.master(service)?;
    let held = service.hold_a_request(HELD)?;
    lose_that_of(service, held.child)?;
    held.answered()?;
    ends(service, End::Exited(0))?;
    service.start_master()
}

/// The child was draining already.
fn draining(service: &mut Service) -> Result {
    let held = service.hold_a_request(HELD)?;
    service.restarted()?;
    lose_that_of(service, held.child)?;
    held.answered()
}

/// The child cannot report that it is ready: the active one goes on. There is no upgrade on trial: it would
/// be blamed.
fn starting(service: &mut Service) -> Result {
    service.wait_decided()?;
    let serving = service.serving()?;
    service.stage.set_hold(true)?;
    let candidate = service.start_held()?;
    lose_that_of(service, candidate)?;
    service.wait_explained(&["exited with code 0 before it was ready"])?;
    service.stage.set_hold(false)?;
    service.still_serves(serving)
}

/// The master may report so for this child alone.
fn lose_that_of(service: &mut Service, child: u32) -> Result {
    let generation = service.number_of(child)?;
    service.journal.excuse(Excuse { master: service.master, generation, words: NEWS });
    service.signal(child, Signal::SIGUSR1)
}
