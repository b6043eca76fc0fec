use super::{master::ends, upgrade};
use crate::audit::Audit;
use crate::disturbance::{Bad, Pair};
use crate::service::{End, Service};
use nix::sys::signal::Signal;
use xtask_support::stop::Result;

/// Each signal has the effect that it has alone.
pub(super) fn pair(service: &mut Service, audit: &mut Audit, pair: Pair) -> Result {
    match pair {
        Pair::HangupRestart => hangup_and_restart(service),
        Pair::QuitBadUpgrade => quit_and_upgrade(service),
        Pair::RestartStop => {
            audit.master(service)?;
            stop(service, [Signal::SIGUSR2, Signal::SIGTERM])
        }
        Pair::StopContinue => {
            audit.master(service)?;
            upgrade::good(service)?;
            stop(service, [Signal::SIGTERM, Signal::SIGCONT])
        }
    }
}

/// The program gets the one, and a younger child serves because of the other.
fn hangup_and_restart(service: &mut Service) -> Result {
    service.settled()?;
    let before = service.generation();
    send(service, [Signal::SIGHUP, Signal::SIGUSR2])?;
    service.wait_younger(before)?;
    heard(service, "heard SIGHUP")
}

/// That a program was sent a signal some time ago excuses no end of another one.
fn quit_and_upgrade(service: &mut Service) -> Result {
    service.settled()?;
    send(service, [Signal::SIGQUIT, Signal::SIGCONT])?;
    heard(service, "heard SIGQUIT")?;
    upgrade::bad(service, Bad::ExitsAtOnce)
}

/// The service ends well. Next time, the release that is to serve does.
fn stop(service: &mut Service, signals: [Signal; 2]) -> Result {
    send(service, signals)?;
    ends(service, End::Exited(0))?;
    service.start_master()?;
    service.settled().map(drop)
}

fn send(service: &mut Service, signals: [Signal; 2]) -> Result {
    let master = service.master;
    signals.into_iter().try_for_each(|signal| service.signal(master, signal))
}

fn heard(service: &mut Service, what: &str) -> Result {
    service.wait_for_master(&format!("a child that {what}"), |service| {
        Ok(service.journal.anybody_said(what))
    })
}
