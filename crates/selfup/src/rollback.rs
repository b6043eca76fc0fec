//! Rolling back by hand, and what was refused.

use selfup_install::Target;

use selfup_master::{Error, ErrorKind};
use selfup_program::{process::exe_path::launch_path, restart::restart};

/// Puts the previous executable back, refuses the present one from now on, and asks for a restart if
/// there is a master. Returns the SHA-1 of the executable that is in place then.
///
/// While a new executable is in its probation, the one to go back to is in place still: then it is the
/// new one that is refused, and the one in place stays. What is refused so is not tried again until it
/// is [forgiven](crate::forgive).
///
/// Where several services share the executable, the others go on with what they run, and start what is
/// in place at their next restart.
///
/// # Errors
///
/// There is no previous executable, or it cannot be put back; what is in place stays.
pub fn rollback() -> Result<String, Error> {
    let path = launch_path()?;
    let restored = Target::new(path).and_then(|target| target.rollback()).map_err(|error| {
        Error::new(ErrorKind::Refused, "could not go back to the previous executable")
            .because(error)
    })?;
    let id = restored.id().to_string();
    restart();
    Ok(id)
}
