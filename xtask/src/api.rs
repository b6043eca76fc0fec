//! The public interface of every published crate is what docs/api says.

use crate::command::{Result, cargo, run as run_command};

pub(crate) fn run() -> Result {
    run_command(&mut cargo(&["xtask", "api"]))
}
