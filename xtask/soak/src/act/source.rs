//! A source that damages what it transfers, now and then.

use super::upgrade;
use crate::disturbance::Damage;
use crate::service::Service;
use xtask_support::stop::Result;

/// What is damaged is not installed and says nothing against the release, which comes again.
pub(super) fn corrupt(service: &mut Service, damage: Damage) -> Result {
    service.wait_decided()?;
    service.stage.set_damage(Some(damage))?;
    service.release = service.releases.publish_good()?;
    service.wait_explained(news(damage))?;
    // Not what was damaged.
    service.right_file()?;
    // The next one arrives.
    upgrade::good(service)?;
    service.stage.set_damage(None)?;
    service.right_file()
}

fn news(damage: Damage) -> &'static [&'static str] {
    match damage {
        Damage::Flipped => &["no upgrade for now", "sha256"],
        Damage::CutShort => &["no upgrade for now", "ended after"],
    }
}
