use crate::audit::Audit;
use crate::disturbance::Moment;
use crate::service::{End, Service};
use nix::sys::signal::Signal;
use xtask_support::stop::{Result, Stop};

/// The children of the killed master drain by themselves, and the next master goes on where it was.
pub(super) fn kill(service: &mut Service, audit: &mut Audit, moment: Moment) -> Result {
    audit.master(service)?;
    match moment {
        Moment::Quiet => {}
        Moment::Restart { after } => {
            service.restart()?;
            service.pause(after)?;
        }
        Moment::Start => {
            service.stage.set_hold(true)?;
            service.start_held()?;
        }
        Moment::Upgrade { after } => {
            service.release = service.releases.publish_good()?;
            service.pause(after)?;
        }
        Moment::BadUpgrade { bad, after } => {
            service.releases.publish_bad(bad)?;
            service.pause(after)?;
            return kill_on_trial(service);
        }
    }
    kill_now(service)?;
    if moment == Moment::Start {
        service.stage.set_hold(false)?;
    }
    service.start_master()
}

/// The bad release does not stay, whether this master or the next notices it.
fn kill_on_trial(service: &mut Service) -> Result {
    const NEWS: &[&[&str]] = &[&["child #"], &["rolled back to the previous executable"]];
    service.journal.tolerate(NEWS);
    service.bad_orphans = true;
    service.releases.publish_current()?;
    kill_now(service)?;
    service.start_master()?;
    service.settled()?;
    service.wait_decided()?;
    service.settled()?;
    service.bad_orphans = false;
    service.journal.tolerate(&[]);
    Ok(())
}

fn kill_now(service: &mut Service) -> Result {
    service.signal(service.master, Signal::SIGKILL)?;
    ends(service, End::Killed(Signal::SIGKILL))
}

/// Stops and starts the service as a manager does: everything finishes, and the master exits with 0.
pub(super) fn stop_and_start(service: &mut Service, audit: &mut Audit) -> Result {
    audit.master(service)?;
    end(service)?;
    service.start_master()
}

pub(super) fn end(service: &mut Service) -> Result {
    service.signal(service.master, Signal::SIGTERM)?;
    ends(service, End::Exited(0))
}

/// Waits for the master's end, which is to be this one.
pub(super) fn ends(service: &mut Service, expected: End) -> Result {
    match service.wait_ended()? {
        end if end == expected => Ok(()),
        end => Err(Stop::because(format!("the master has ended: {end:?}, not {expected:?}"))),
    }
}
