//! Checks the target again just before it is replaced.

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::record::Record;
use crate::short_lock::ShortLock;
use crate::target::Target;

/// Checks that the target is still the same executable, and returns whether its attributes or its file have
/// changed.
pub(crate) fn still_replaces(target: &Target, replaces: &mut Occupant, new: Id) -> Result<bool> {
    target.require_same_path()?;
    let path = target.resolved();
    let changed = |found: &str| {
        let text = format!(
            "could not replace {}: it was {} when the lock was taken, and now {found}",
            path.display(),
            replaces.id
        );
        Error::new(ErrorKind::TargetChanged, text)
    };
    let there =
        Identity::at(path).map_err(|cause| changed("could not be examined").because(cause))?;
    let occupant = if there == replaces.identity {
        None
    } else {
        Some(Occupant::at(path).map_err(|cause| changed("could not be read").because(cause))?)
    };
    let now = occupant.as_ref().map_or(replaces.id, |occupant| occupant.id);
    if now == new {
        let text = format!("could not replace {}: it holds {now} already", path.display());
        return Err(Error::new(ErrorKind::AlreadyInstalled, text));
    }
    if now != replaces.id {
        return Err(changed(&format!("is {now}")));
    }
    let has_changed = occupant.is_some();
    if let Some(occupant) = occupant {
        *replaces = occupant;
    }
    Ok(has_changed)
}

/// Returns the executable that stays the previous one, if the present executable is on trial itself.
pub(crate) fn proven(
    turn: &ShortLock,
    record: &Record,
    present: &Occupant,
    new: Id,
) -> Result<Option<Id>> {
    let unstarted = record.unstarted().filter(|it| it.id == present.id).map(|it| it.previous);
    let previous = record.trial_of(present.id).map(|trial| trial.previous).or(unstarted);
    let Some(previous) = previous else { return Ok(None) };
    let Some(kept) = turn.target.kept()? else { return Ok(None) };
    let proven = kept.id()?;
    Ok((proven == previous && proven != new).then_some(proven))
}
