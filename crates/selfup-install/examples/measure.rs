//! Installs a file in the place of an executable, without running it, and says what that took:
//! milliseconds for each step, and by how many KiB the most memory ever used has grown.
//!
//! ```sh
//! cargo run --release --example measure -- app app-1.1
//! ```
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read};
use std::time::Instant;

use selfup_install::{Checks, Expected, Target};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(path), Some(new)) = (arguments.next(), arguments.next()) else {
        return Err("usage: measure EXECUTABLE NEW".into());
    };
    let target = Target::new(path)?;
    target.preflight()?;
    let mut new = File::open(new)?;
    let size = new.metadata()?.len();
    // What any reader needs is not the installer's.
    io::copy(&mut (&mut new).take(0), &mut io::sink())?;

    let before = peak()?;
    let begun = Instant::now();
    let mut staged = target.stage(Expected::new().size(size))?;
    let at_stage = begun.elapsed();
    staged.write(&mut new, &mut |_bytes| ())?;
    let at_write = begun.elapsed();
    let verified = staged.verify(Checks::new().probe(None))?;
    let installed = verified.install()?;
    let at_install = begun.elapsed();
    installed.commit()?;
    let total = begun.elapsed();
    println!(
        "total {} stage {} write {} install {} growth {}",
        total.as_millis(),
        at_stage.as_millis(),
        (at_write - at_stage).as_millis(),
        (at_install - at_write).as_millis(),
        peak()? - before,
    );
    Ok(())
}

/// The most memory this process has ever had, in KiB.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value.ok_or("no VmHWM in /proc/self/status")?.parse()?)
}
