//! Deadlines: what follows when one has passed.

use super::Step;
use crate::{
    action::Overdue,
    lifecycle::{Role, Upgrade},
};

impl Step<'_> {
    pub(super) fn tick(&mut self) {
        let now = self.now;
        for child in self.life.children.clone() {
            match child.role {
                Role::Candidate { ready_by } if ready_by <= now => self.late(child.generation),
                Role::Draining { gone_by } if gone_by <= now => {
                    self.kill(child.generation, Overdue::Exit, false);
                }
                _ => {}
            }
        }
        if matches!(self.life.upgrade, Upgrade::Probation { until } if until <= now) {
            self.commit();
        }
        self.retry();
    }
}
