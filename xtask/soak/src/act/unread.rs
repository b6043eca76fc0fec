//! A manager and a reader of stderr that do not read for a while: the loop waits for neither.

use super::upgrade;
use crate::disturbance::Bad;
use crate::service::Service;
use xtask_support::stop::Result;

/// All lines that could not be written come later.
pub(super) fn stderr(service: &mut Service) -> Result {
    service.settled()?;
    service.stderr.forget_recent();
    service.stderr.neglect()?;
    let gone_on = go_on(service);
    service.stderr.resume();
    gone_on?;
    let line = format!("child #{} serves", service.generation());
    service.wait_for_master("a line on stderr", |service| Ok(service.stderr.said(&[&line])))?;
    service.right_file()
}

/// The manager gets its reports later: how things are then, and that the service was up again.
pub(super) fn manager(service: &mut Service) -> Result {
    service.settled()?;
    let ready = service.manager.ready;
    service.manager.neglect()?;
    let gone_on = go_on(service);
    service.manager.resume();
    gone_on?;
    let generation = service.generation();
    service.wait_for_master("the manager to know", |service| {
        Ok(service.manager.knows(generation) && service.manager.ready > ready)
    })?;
    service.right_file()
}

fn go_on(service: &mut Service) -> Result {
    service.restarted()?;
    upgrade::bad(service, Bad::Text)?;
    upgrade::good(service)?;
    service.restarted()?;
    service.settled().map(drop)
}
