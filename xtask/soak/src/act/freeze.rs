use crate::disturbance::Victim;
use crate::proc;
use crate::service::Service;
use crate::visit::ask;
use nix::sys::signal::Signal;
use std::time::Duration;
use xtask_support::stop::Result;

/// A stopped process goes on where it was when it is continued. The stop is too short for the master
/// to kill it.
pub(super) fn freeze(
    service: &mut Service,
    victim: Victim,
    lasts: Duration,
    restart: bool,
) -> Result {
    match victim {
        Victim::Serving => serving(service, lasts, restart),
        Victim::Draining => draining(service, lasts),
        Victim::Starting => starting(service, lasts),
        Victim::Master => master(service, lasts, restart),
    }
}

/// The successor of the stopped child does not wait for it.
fn serving(service: &mut Service, lasts: Duration, restart: bool) -> Result {
    let pid = service.serving()?;
    stop(service, pid)?;
    if restart {
        service.restarted()?;
    }
    service.pause(lasts)?;
    service.signal(pid, Signal::SIGCONT)
}

/// The stopped child itself responds to its requests.
fn draining(service: &mut Service, lasts: Duration) -> Result {
    let held = service.hold_a_request(lasts + Duration::from_millis(500))?;
    service.restarted()?;
    stop(service, held.child)?;
    service.pause(lasts)?;
    service.signal(held.child, Signal::SIGCONT)?;
    held.answered()
}

fn starting(service: &mut Service, lasts: Duration) -> Result {
    let before = service.generation();
    service.stage.set_hold(true)?;
    let candidate = service.start_held()?;
    stop(service, candidate)?;
    service.stage.set_hold(false)?;
    service.pause(lasts)?;
    service.signal(candidate, Signal::SIGCONT)?;
    service.wait_younger(before)
}

/// The children need the stopped master only for the next restart.
fn master(service: &mut Service, lasts: Duration, restart: bool) -> Result {
    let before = service.generation();
    stop(service, service.master)?;
    if restart {
        service.restart()?;
    }
    ask(service.address)?;
    service.pause(lasts)?;
    ask(service.address)?;
    service.signal(service.master, Signal::SIGCONT)?;
    if restart { service.wait_younger(before) } else { Ok(()) }
}

fn stop(service: &mut Service, pid: u32) -> Result {
    service.signal(pid, Signal::SIGSTOP)?;
    service.wait_for("a process to stop", |_| Ok(proc::is_stopped(pid)))
}
