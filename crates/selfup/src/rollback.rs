//! Rolling back by hand.

use selfup_install::Target;

use selfup_master::{Error, ErrorKind, Result};
use selfup_program::{process::exe_path::launch_path, restart::restart};

/// Rolls back to the previous executable, refuses the present one from now on, and asks for a restart if there is
/// a master. Returns the SHA-1 of the executable that is at the path then, in 40 hexadecimal digits.
///
/// While a new executable is in its probation, the previous one is still at the path: it stays there, and the new
/// one is refused. An executable that was refused in this way is not tried again until it is
/// [forgiven](crate::forgive).
///
/// Where several services share the executable, the others go on with what they run, and start the one at the
/// path with their next restart.
///
/// ```no_run
/// println!("back on {}", selfup::rollback()?);
/// # Ok::<(), selfup::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Refused`]: there is no previous executable, or it cannot be renamed to the path; the executable
/// at the path stays. [`ErrorKind::Executable`]: the path of the executable is not known.
pub fn rollback() -> Result<String> {
    let path = launch_path()?;
    let restored = Target::new(path).and_then(|target| target.roll_back()).map_err(|error| {
        Error::new(ErrorKind::Refused, "could not roll back to the previous executable")
            .because(error)
    })?;
    let id = restored.id().to_string();
    restart();
    Ok(id)
}
