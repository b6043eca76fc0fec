use crate::service::Service;
use crate::visit::ask;
use std::time::{SystemTime, UNIX_EPOCH};
use xtask_support::stop::{Result, Stop};

/// The responses during which a clock is read take no longer, in seconds.
const TOLERANCE: i64 = 50;

/// A jump has no consequence. The clock stays so until the next jump.
pub(super) fn jump(service: &mut Service, seconds: i64) -> Result {
    service.stage.set_clock(seconds)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_err(|_| Stop::because("it is not yet 1970"))?.as_secs() as i64;
    let clock = ask(service.address)?.clock;
    if (clock - now - seconds).abs() > TOLERANCE {
        return Err(Stop::because(format!("the clock did not jump: {clock} at {now}")));
    }
    Ok(())
}
