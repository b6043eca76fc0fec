//! The state of the service, from the lifecycle, the children and what the events have told.

use std::path::Path;

use selfup_control::{Child, Executable, Status, Upgrades};
use selfup_lifecycle::{Condition, Lifecycle, Standing, Time};

use super::{Control, OWN, seconds};
use crate::{
    children::{Children, Running},
    upgrades::Looks,
};

impl Control {
    /// `upgrades` has what the files beside the executable say.
    pub(crate) fn status(
        &self,
        lifecycle: &Lifecycle,
        children: &Children,
        upgrades: Upgrades,
        looks: Looks,
        now: Time,
    ) -> Status {
        let facts = &self.facts;
        let own = self.identities.of(Path::new(OWN), &self.path);
        let until = lifecycle.on_probation_until();
        Status {
            service: self.name.clone(),
            pid: std::process::id(),
            since: seconds(self.since),
            master: Executable {
                path: self.path.display().to_string(),
                version: self.version.clone(),
                id: own.and_then(|own| own.id),
            },
            phase: match lifecycle.condition() {
                Condition::Stopping => "stopping",
                _ if !facts.has_served => "starting",
                Condition::Starting => "starting",
                Condition::Serving => "serving",
                Condition::Restarting(_) => "restarting",
            }
            .to_owned(),
            line: String::new(),
            generations: children.iter().map(|child| self.child(child, lifecycle, now)).collect(),
            sockets: facts.sockets.clone(),
            upgrades: Upgrades {
                enabled: facts.has_source,
                source: facts.source.clone(),
                next_look: looks.next.map(seconds),
                last_look: looks.last.map(seconds),
                failing: facts.failing.clone(),
                last: facts.last.clone(),
                on_trial: lifecycle.is_trying(),
                committed_in: until.map(|until| now.until(until).as_secs_f64()),
                committed: facts.committed,
                rolled_back: facts.rolled_back,
                ..upgrades
            },
            restarts: facts.handovers,
            child_protocol: u32::from(selfup_channel::VERSION),
        }
    }

    fn child(&self, child: &Running, lifecycle: &Lifecycle, now: Time) -> Child {
        let generation = child.generation.number();
        let (standing, deadline) =
            lifecycle.standing(child.generation).unwrap_or((Standing::Killed, None));
        let known = self.facts.children.get(&generation);
        Child {
            generation,
            pid: child.pid().as_raw().unsigned_abs(),
            role: match standing {
                Standing::Candidate => "candidate",
                Standing::Active => "active",
                Standing::Draining => "draining",
                Standing::Killed => "killed",
            }
            .to_owned(),
            age: known.map_or(0.0, |known| known.started.elapsed().as_secs_f64()),
            deadline_in: deadline.map(|deadline| now.until(deadline).as_secs_f64()),
            version: child.version.clone(),
            id: known.and_then(|known| known.id).map(|id| id.to_string()),
            connections: child.connections,
            status: known.and_then(|known| known.status.clone()),
            lacks: child.lacks.clone().filter(|_| standing == Standing::Candidate),
        }
    }
}
