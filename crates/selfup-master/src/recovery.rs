//! Takes up what an earlier master left undecided.

use std::{os::unix::process::CommandExt, process::Command};

use selfup_install::{ErrorKind, Start, Target};

use crate::{
    attempt::Attempt, children::Recipe, event::Event, reason::RollbackReason, reporter::Reporter,
    settings::Settings, upgrades::Undecided, warning::Warning,
};

/// Returns the upgrade that an earlier master left undecided, if there is one.
///
/// If the upgrade was started several times without surviving its probation, `selfup-install` has rolled it
/// back by now. This process, which runs the refused executable, then executes the previous one, before it
/// has bound or started anything.
pub(super) fn recover(recipe: &Recipe, settings: &mut Settings) -> Option<Undecided> {
    let mut executes_previous = settings.upgrades.exec_file.is_none();
    let started = Target::new(&recipe.path).and_then(|target| target.begin(Start::DEFAULT_MAX));
    let event = match started {
        Ok(Start::OnTrial { installed, .. }) => {
            return Some(Undecided::InPlace(Box::new(installed)));
        }
        Ok(Start::Beside { trial, .. }) => return Some(Undecided::Beside(Box::new(trial))),
        Ok(Start::GivenUp { refused, starts }) => {
            let reason = RollbackReason::NeverCommitted { starts };
            executes_previous = false;
            Event::RolledBack { refused, version: None, reason }
        }
        Ok(Start::RolledBack { refused, starts, .. }) => {
            let reason = RollbackReason::NeverCommitted { starts };
            Event::RolledBack { refused, version: None, reason }
        }
        Ok(_) => return None,
        // Then no child can be started either, which is reported.
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => Event::Warning(Warning::could_not(Attempt::Recover, &error)),
    };
    let mut reporter = Reporter::new(&settings.options, settings.on_event.take());
    executes_previous &= matches!(event, Event::RolledBack { .. });
    reporter.report(event);
    if executes_previous {
        let error = execute(recipe);
        reporter.warn(Warning::could_not(Attempt::ExecutePrevious, &error));
    }
    settings.on_event = reporter.into_hook();
    None
}

/// Executes what is at the path, with the same pid, arguments and environment. Returns only on failure.
fn execute(recipe: &Recipe) -> std::io::Error {
    let mut command = Command::new(&recipe.path);
    command.args(&recipe.args);
    if let Some(arg0) = &recipe.arg0 {
        command.arg0(arg0);
    }
    command.exec()
}
