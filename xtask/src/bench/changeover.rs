//! From the restart signal to the first answer of the new child, against a plain start.

use super::server::Server;
use super::statistics::{Sample, milliseconds};
use super::{Options, Programs};
use crate::command::{self, Result};
use std::time::Instant;

const RUNS: usize = 40;

pub(super) fn run(programs: &Programs, _: &Options) -> Result {
    let server = Server::start(&programs.supervised)?;
    let (mut plain, mut handover) = (Sample::default(), Sample::default());
    let mut serving = server.pid;
    for _ in 0..RUNS {
        plain.push(Server::start(&programs.plain)?.first_answer);
        let signalled = Instant::now();
        command::stdout_of(&mut command::program(
            "kill",
            &["-USR2", &server.main_pid().to_string()],
        ))?;
        serving = server.answer_by(|pid| pid != serving, signalled)?;
        handover.push(signalled.elapsed());
    }
    println!("  {RUNS} pairs, in ms; the time to start kill(1) counts as handover");
    for (what, sample) in [("plain start", &plain), ("SIGUSR2 to new child", &handover)] {
        println!(
            "  {what:>20}  median {:>6.2}  p90 {:>6.2}",
            milliseconds(sample.median()),
            milliseconds(sample.quantile(9, 10))
        );
    }
    println!("  {:>20}  median {:>6.2}", "added", handover.paired_difference(&plain));
    Ok(())
}
