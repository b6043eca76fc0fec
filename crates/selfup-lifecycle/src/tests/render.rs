//! Prints actions and states as short words, for a readable table.

use selfup_signals::End;

use crate::{
    action::{Action, Program},
    lifecycle::{Lifecycle, Phase, Role, Upgrade},
};

/// Prints a state as `1A 2C*`: C candidate, A active, D draining, K killed; `*` runs the executable on trial.
pub(super) fn state(life: &Lifecycle) -> String {
    let children = life.children.iter().map(|child| {
        let role = match child.role {
            Role::Candidate { .. } => "C",
            Role::Active { .. } => "A",
            Role::Draining { .. } => "D",
            Role::Killed { last_hope: false } => "K",
            Role::Killed { last_hope: true } => "K!",
        };
        let trial = if child.program == Program::Trial { "*" } else { "" };
        format!("{}{role}{trial}", child.generation.number())
    });
    let mut words: Vec<String> = children.collect();
    words.extend(life.queued.map(|_| "queued".to_owned()));
    words.extend(life.retry.map(|_| "retry".to_owned()));
    words.extend(life.revival.map(|_| "revival".to_owned()));
    words.extend((!life.held.is_empty()).then(|| "held".to_owned()));
    words.extend(match life.upgrade {
        Upgrade::None => None,
        Upgrade::Installed => Some("installed".to_owned()),
        Upgrade::Starting => Some("trying".to_owned()),
        Upgrade::Probation { .. } => Some("probation".to_owned()),
    });
    words.extend(match life.phase {
        Phase::Serving => None,
        Phase::Stopping { mirrored: None, .. } => Some("stopping".to_owned()),
        Phase::Stopping { mirrored: Some(whose), .. } => {
            Some(format!("stopping={}", whose.number()))
        }
        Phase::Ended => Some("ended".to_owned()),
    });
    words.join(" ")
}

/// Prints actions. Reports are left out.
pub(super) fn actions(actions: &[Action]) -> String {
    let words: Vec<String> = actions.iter().filter_map(action).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

fn action(action: &Action) -> Option<String> {
    Some(match action {
        Action::Spawn(child, Program::Proven) => format!("spawn{}", child.number()),
        Action::Spawn(child, Program::Trial) => format!("spawn{}*", child.number()),
        Action::Promote(child) => format!("promote{}", child.number()),
        Action::Hasten(child) => format!("hasten{}", child.number()),
        Action::Drain(child) => format!("drain{}", child.number()),
        Action::Send(child, arrived) => {
            let name = arrived.signal().to_string();
            format!("{}>{}", name.trim_start_matches("SIG"), child.number())
        }
        Action::Continue(child) => format!("continue{}", child.number()),
        Action::Kill(child, _) => format!("kill{}", child.number()),
        Action::StopSelf(_) => "stop-self".to_owned(),
        Action::Commit => "commit".to_owned(),
        Action::RollBack(_) => "roll-back".to_owned(),
        Action::Shelve => "shelve".to_owned(),
        Action::FallBack(_) => "fall-back".to_owned(),
        Action::Excuse => "excuse".to_owned(),
        Action::CloseSockets => "close".to_owned(),
        Action::EndLike(End::Exited(code)) => format!("end={code}"),
        Action::EndLike(End::Signaled { signal, .. }) => format!("end={signal}"),
        Action::Answer(..) | Action::Report(_) => return None,
    })
}
