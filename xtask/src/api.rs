//! Checks that the docs have no broken link, and that the public interface of every published crate is
//! what docs/api says.

use crate::command::Result;
use crate::program;

/// Not by way of `cargo xtask`, which would be built once more where the checks are.
pub(crate) fn run() -> Result {
    program::run("xtask-api")
}
