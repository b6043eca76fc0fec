//! From exec to the first answer, for executables of several sizes.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs};
use crate::command::{Failure, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const RUNS: usize = 40;

/// What the executables are grown to, in MiB; the first stays as it was built.
const SIZES: [u64; 3] = [0, 100, 500];

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    println!("  exec to first answer, {RUNS} pairs, median in ms");
    println!("  {:>8}  {:>8}  {:>10}  {:>10}", "size", "plain", "with selfup", "added");
    for size in SIZES {
        let (plain, supervised) =
            (grown(&programs.plain, size)?, grown(&programs.supervised, size)?);
        let (mut alone, mut under) = (Sample::default(), Sample::default());
        for _ in 0..RUNS {
            alone.push(Server::start(&plain)?.first_answer);
            under.push(Server::start(&supervised)?.first_answer);
        }
        let label = if size == 0 { "as built".to_owned() } else { format!("{size} MiB") };
        println!(
            "  {label:>8}  {:>8.2}  {:>11.2}  {:>9.2}",
            milliseconds(alone.median()),
            milliseconds(under.median()),
            under.paired_difference(&alone)
        );
    }
    Ok(())
}

/// A copy of an executable with empty space behind it, which is not loaded, but would be hashed.
fn grown(program: &Path, mebibytes: u64) -> Result<PathBuf> {
    if mebibytes == 0 {
        return Ok(program.to_owned());
    }
    let copy = program.with_extension(format!("{mebibytes}M"));
    let grow = || {
        fs::copy(program, &copy)?;
        File::options().write(true).open(&copy)?.set_len(mebibytes << 20)
    };
    grow().map_err(|error| Failure::new(format!("could not make {}: {error}", copy.display())))?;
    Ok(copy)
}
