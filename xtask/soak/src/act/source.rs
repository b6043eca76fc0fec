//! A source that damages what it transfers, now and then.

use super::upgrade;
use crate::disturbance::Damage;
use crate::service::Service;
use xtask_support::stop::Result;

/// A damaged transfer is not installed, and the release is not refused for it: it comes again.
pub(super) fn corrupt(service: &mut Service, damage: Damage) -> Result {
    service.wait_decided()?;
    service.stage.set_damage(Some(damage))?;
    service.release = service.releases.publish_good()?;
    service.wait_explained(news(damage))?;
    // The damaged transfer was not installed.
    service.right_file()?;
    // The next transfer arrives.
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
