use crate::service::Service;
use nix::sys::signal::Signal;
use std::time::Duration;
use xtask_support::stop::Result;

/// However many signals come: at least one restart begins after each.
pub(super) fn burst(service: &mut Service, signals: u64, apart: Duration) -> Result {
    for _ in 1..signals {
        service.restart()?;
        service.pause(apart)?;
    }
    service.look()?;
    service.restarted()
}

/// The active child goes on serving. There is no upgrade on trial: it would be blamed.
pub(super) fn kill_candidate(service: &mut Service) -> Result {
    service.wait_decided()?;
    let serving = service.serving()?;
    service.stage.set_hold(true)?;
    let candidate = service.start_held()?;
    service.signal(candidate, Signal::SIGKILL)?;
    service.stage.set_hold(false)?;
    service.wait_explained(&["was killed by SIGKILL", "before it was ready"])?;
    service.wait_explained(&["was killed by SIGKILL"])?;
    service.forgive(candidate);
    service.still_serves(serving)
}
