//! From the restart signal to the first response of the new child, against a plain start.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{LISTENERS, Options, Programs};
use xtask_support::command::Result;

const RUNS: usize = 40;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    println!("  start of the plain program, and SIGUSR2 to the new child; {RUNS} pairs, in ms");
    println!(
        "  {:>9}  {:>12}  {:>6}  {:>17}  {:>6}  {:>7}  {:>6}",
        "listeners", "plain median", "p90", "changeover median", "p90", "added", "ratio"
    );
    for listeners in LISTENERS {
        let mut server = Server::start(&programs.supervised, listeners)?;
        let (mut plain, mut changeover) = (Sample::default(), Sample::default());
        for _ in 0..RUNS {
            plain.push(Server::start(&programs.plain, listeners)?.first_response);
            changeover.push(server.change_over()?);
        }
        println!(
            "  {listeners:>9}  {:>12.2}  {:>6.2}  {:>17.2}  {:>6.2}  {:>7.2}  {:>6.2}",
            milliseconds(plain.median()),
            milliseconds(plain.quantile(9, 10)),
            milliseconds(changeover.median()),
            milliseconds(changeover.quantile(9, 10)),
            changeover.paired_difference(&plain),
            changeover.ratio(&plain)
        );
    }
    Ok(())
}
