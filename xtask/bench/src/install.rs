//! Staging and installing a large executable, against copying and hashing the same file.

use super::{Options, Programs};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;
use xtask_support::command::{self, Failure, Result};
use xtask_support::workspace::Workspace;

/// MiB of the new executable, and how often each is installed. The largest is what the size cap
/// allows unless it is raised.
const SIZES: [(u64, usize); 4] = [(1, 15), (100, 5), (500, 3), (1024, 3)];

/// The results of one round, in milliseconds and KiB.
struct Round {
    hash: f64,
    copy: f64,
    install: f64,
    growth: f64,
}

pub(super) fn run(_: &Programs, _: &Options) -> Result {
    let example = ["build", "--quiet", "--release", "-p", "selfup-install", "--example", "measure"];
    command::run(&mut command::cargo(&example))?;
    let release = Workspace::load()?.target().join("release");
    let folder = tempfile::tempdir_in(&release).map_err(|error| failed(&release, &error))?;
    let bench = Bench { measure: release.join("examples/measure"), folder: folder.path() };
    println!("  medians in ms, ratios to the slower of the two and to both; growth of peak memory");
    println!(
        "  {:>8}  {:>6}  {:>8}  {:>11}  {:>15}  {:>9}  {:>7}  {:>8}",
        "size",
        "rounds",
        "sha1sum",
        "cp and sync",
        "stage to commit",
        "to slower",
        "to both",
        "growth"
    );
    for (mebibytes, rounds) in SIZES {
        bench.prepare(mebibytes << 20)?;
        let rounds = (0..rounds).map(|_| bench.round()).collect::<Result<Vec<_>>>()?;
        print(mebibytes, &rounds);
    }
    println!("  flushes to install one: {}", bench.flushes()?);
    Ok(())
}

fn print(mebibytes: u64, rounds: &[Round]) {
    let median = |value: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    println!(
        "  {mebibytes:>4} MiB  {:>6}  {:>8.0}  {:>11.0}  {:>15.0}  {:>9.2}  {:>7.2}  {:>4.0} KiB",
        rounds.len(),
        median(|round| round.hash),
        median(|round| round.copy),
        median(|round| round.install),
        median(|round| round.install / round.hash.max(round.copy)),
        median(|round| round.install / (round.hash + round.copy)),
        median(|round| round.growth)
    );
}

struct Bench<'a> {
    measure: std::path::PathBuf,
    folder: &'a Path,
}

impl Bench<'_> {
    fn prepare(&self, size: u64) -> Result {
        let path = self.folder.join("new");
        let mut file = BufWriter::new(File::create(&path).map_err(|error| failed(&path, &error))?);
        write_noise(&mut file, size)
            .and_then(|()| file.flush())
            .map_err(|error| failed(&path, &error))?;
        self.shell("printf '#!/bin/sh\\n' > small; chmod 755 small; sync").map(drop)
    }

    /// The three by turns, each with nothing left over from the one before.
    fn round(&self) -> Result<Round> {
        let hash = self.timed("sha1sum new")?;
        let copy = self.timed("cp --reflink=never new copy; sync copy .")?;
        self.shell("rm copy; mkdir place; cp -p small place/app; sync")?;
        let printed = self.shell(&format!("{} place/app new", self.measure.display()))?;
        self.shell("rm -r place; sync")?;
        let field = |name: &str| {
            let mut words = printed.split_whitespace().skip_while(|word| *word != name).skip(1);
            let value = words.next().and_then(|word| word.parse().ok());
            value.ok_or_else(|| Failure::new(format!("there is no {name} in {printed:?}")))
        };
        Ok(Round { hash, copy, install: field("total")?, growth: field("growth")? })
    }

    fn flushes(&self) -> Result<usize> {
        let strace = "strace -f -o trace -e trace=fsync,fdatasync,syncfs,sync_file_range";
        let line = format!("cp -p small app; cp small other; echo >> other; {strace} ");
        self.shell(&format!("{line} {} app other; cat trace", self.measure.display())).map(
            |trace| {
                trace.lines().filter(|line| line.contains("sync") && line.contains("= 0")).count()
            },
        )
    }

    fn timed(&self, line: &str) -> Result<f64> {
        let begun = Instant::now();
        self.shell(line)?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }

    fn shell(&self, line: &str) -> Result<String> {
        let mut command = command::program("sh", &["-ec", line]);
        command::stdout_of(command.current_dir(self.folder))
    }
}

/// A script, and then what no disk and no file system makes smaller.
fn write_noise(file: &mut impl Write, size: u64) -> io::Result<()> {
    let head = b"#!/bin/sh\nexit\n\n";
    file.write_all(head)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..(size - head.len() as u64) / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("could not write {}: {error}", path.display()))
}
