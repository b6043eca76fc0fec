//! Takes up a trial beside the target that an earlier process began.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::belief::Belief;
use crate::beside::{Held, Locked, hold, sweep};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::record::{Beside, Record};
use crate::short_lock::ShortLock;
use crate::target::Target;
use crate::trial::Trial;

/// The result of [`take_up`].
pub(crate) enum Found {
    Nothing,
    /// A trial was taken up, and counted.
    Trial(Trial, u32),
    /// A trial was taken up too often.
    GivenUp {
        refused: Id,
        starts: u32,
    },
}

/// Takes up the latest trial that no other process has. Trials that have become pointless are removed.
pub(crate) fn take_up(turn: &ShortLock, mut record: Record, max_starts: u32) -> Result<Found> {
    let target = &turn.target;
    let present = Occupant::at(target.resolved())?;
    sweep(target, &mut record, present.id);
    let belief = Belief::of(target)?;
    for line in record.candidates().to_vec() {
        let path = target.names().trial(&line.token);
        let Held::Here(file) = hold(&path, &belief) else { continue };
        let is_refused = record.refusal(line.id).is_some_and(|refusal| refusal.failures() == 0);
        let is_whole = Id::of_file(&file).is_ok_and(|found| found == line.id);
        if is_refused || !is_whole || line.starts >= max_starts {
            record.end_candidate(&line.token);
            if is_whole && !is_refused {
                let starts = line.starts;
                let reason =
                    format!("it was started {starts} times and never survived its probation");
                record.fail(line.id, &reason, std::time::SystemTime::now());
                turn.write(&record)?;
                drop(fs::remove_file(path));
                turn.flush()?;
                return Ok(Found::GivenUp { refused: line.id, starts });
            }
            drop(fs::remove_file(path));
            continue;
        }
        let starts = line.starts.saturating_add(1);
        record.count_candidate(&line.token, starts);
        turn.write(&record)?;
        let trial = resumed(target, line, path, file, present)?;
        return Ok(Found::Trial(trial, starts));
    }
    turn.write(&record)?;
    Ok(Found::Nothing)
}

fn resumed(
    target: &Target,
    line: Beside,
    path: PathBuf,
    file: Locked,
    present: Occupant,
) -> Result<Trial> {
    let identity = Identity::of_file(&file).map_err(|cause| {
        Error::system(format_args!("could not examine {}", path.display()), cause)
    })?;
    Ok(Trial {
        target: target.clone(),
        token: line.token,
        path,
        file,
        identity,
        id: line.id,
        replaces: Box::new(present),
        warnings: Vec::new(),
        counted: AtomicBool::new(true),
    })
}
