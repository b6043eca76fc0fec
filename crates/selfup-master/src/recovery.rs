//! What an earlier master has left undecided.

use std::{os::unix::process::CommandExt, process::Command};

use selfup_install::{ErrorKind, Start, Target};

use crate::{
    children::Recipe, error::Chain, event::Event as Told, reason::RollbackReason,
    reporter::Reporter, settings::Settings, upgrades::Undecided,
};

/// Looks at what an earlier master has left: an upgrade that it had not decided about.
///
/// If that was started again and again without surviving, the previous executable has been put back
/// by now; then this process, which runs the refused one, becomes that one, before it has bound or
/// started anything. Otherwise, what is returned is still to be decided about.
pub(super) fn look_after(recipe: &Recipe, settings: &mut Settings) -> Option<Undecided> {
    let mut become_it = settings.upgrades.exec_file.is_none();
    let started = Target::new(&recipe.path).and_then(|target| target.begin(Start::DEFAULT_MAX));
    let told = match started {
        Ok(Start::OnTrial { installed, .. }) => {
            return Some(Undecided::InPlace(Box::new(installed)));
        }
        Ok(Start::Beside { trial, .. }) => return Some(Undecided::Beside(Box::new(trial))),
        Ok(Start::GivenUp { refused, starts }) => {
            let reason = RollbackReason::NeverCommitted { starts };
            become_it = false;
            Told::RolledBack { refused, version: None, reason }
        }
        Ok(Start::RolledBack { refused, starts, .. }) => {
            let reason = RollbackReason::NeverCommitted { starts };
            Told::RolledBack { refused, version: None, reason }
        }
        Ok(_) => return None,
        // Then nothing can be started either, and that is told.
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            let reason = format!("could not look after an earlier upgrade: {}", Chain(&error));
            Told::Warning { reason }
        }
    };
    let mut reporter = Reporter::new(&settings.options, settings.on_event.take());
    reporter.tell(&told);
    if matches!(told, Told::RolledBack { .. }) && become_it {
        let error = become_what_is_in_place(recipe);
        let reason = format!("could not change to it; the children run it: {}", Chain(&error));
        reporter.tell(&Told::Warning { reason });
    }
    settings.on_event = reporter.into_hook();
    None
}

/// Returns only if that fails. The process keeps its pid, its arguments and its environment.
fn become_what_is_in_place(recipe: &Recipe) -> std::io::Error {
    let mut command = Command::new(&recipe.path);
    command.args(&recipe.args);
    if let Some(arg0) = &recipe.arg0 {
        command.arg0(arg0);
    }
    command.exec()
}
