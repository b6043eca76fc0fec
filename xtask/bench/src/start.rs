//! From exec to the first response, for executables of several sizes and several listeners.

use super::executable::{grown, size, stripped};
use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{LISTENERS, Options, Programs};
use std::path::Path;
use xtask_support::command::Result;

const RUNS: usize = 40;

/// What the executables are grown to, in MiB, to look like larger ones.
const SIZES: [u64; 3] = [10, 100, 500];

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    println!("  exec to first answer, {RUNS} pairs, in ms");
    println!(
        "  {:>17}  {:>9}  {:>12}  {:>11}  {:>7}  {:>6}",
        "size", "listeners", "plain median", "with selfup", "added", "ratio"
    );
    let (plain, supervised) = (stripped(&programs.plain)?, stripped(&programs.supervised)?);
    let sizes = format!("{}, {} MiB", mebibytes(&plain)?, mebibytes(&supervised)?);
    for listeners in LISTENERS {
        measure(&sizes, listeners, &plain, &supervised)?;
    }
    for size in SIZES {
        let grown = (grown(&plain, size)?, grown(&supervised, size)?);
        measure(&format!("{size} MiB"), 1, &grown.0, &grown.1)?;
    }
    Ok(())
}

fn measure(size: &str, listeners: usize, plain: &Path, supervised: &Path) -> Result {
    let (mut alone, mut under) = (Sample::default(), Sample::default());
    for _ in 0..RUNS {
        alone.push(Server::start(plain, listeners)?.first_response);
        under.push(Server::start(supervised, listeners)?.first_response);
    }
    println!(
        "  {size:>17}  {listeners:>9}  {:>12.2}  {:>11.2}  {:>7.2}  {:>6.2}",
        milliseconds(alone.median()),
        milliseconds(under.median()),
        under.paired_difference(&alone),
        under.ratio(&alone)
    );
    Ok(())
}

fn mebibytes(program: &Path) -> Result<String> {
    Ok(format!("{:.1}", size(program)? as f64 / f64::from(1 << 20)))
}
