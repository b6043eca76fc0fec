//! Restarts under load: what clients lose and wait for, with selfup and with others.
//!
//! Every system runs alone, one after the other, with the same load and the same number of
//! restarts, and is used the way its own documentation recommends for graceful restarts.

mod build;
mod figures;
mod interrupt;
mod json;
mod peers;
mod plot;
mod service;
mod silent;
mod table;
mod trial;

use super::{Options, Programs};
use peers::Peer;
use std::fs;
use std::path::Path;
use trial::Trial;
use xtask_support::command::{Failure, Result};
use xtask_support::workspace::{self, Workspace};

/// The outcome for one system: its measurements, or the reason why there are none.
struct Outcome {
    peer: &'static Peer,
    trial: Result<Trial, String>,
}

pub(super) fn run(programs: &Programs, options: &Options) -> Result {
    let peers = peers::named(&options.only)?;
    interrupt::watch()?;
    let target = Workspace::load()?.target().join("bench");
    create(&target)?;
    peers::install_packages(&peers);
    let mut outcomes = Vec::new();
    for peer in peers {
        println!("\n{}", peer.name);
        let trial = (peer.prepare)(&build::Place { programs, target: &target })
            .and_then(|ready| trial::run(peer, &ready, &target, options));
        let trial = trial.map_err(|failure| failure.to_string());
        match &trial {
            Ok(trial) => println!("{}", trial.report),
            Err(reason) => println!("  missing: {reason}"),
        }
        outcomes.push(Outcome { peer, trial });
    }
    println!("\n{}", table::markdown(&outcomes, options));
    // Published results contain every system.
    let published = workspace::root().join("docs/bench");
    let folder = if options.only.is_empty() { &published } else { &target };
    write(&folder.join("handover.json"), &json::text(&outcomes, options))?;
    write(&folder.join("handover.svg"), &plot::svg(&outcomes))
}

fn create(folder: &Path) -> Result {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("could not make {}: {error}", folder.display())))
}

fn write(path: &Path, text: &str) -> Result {
    create(path.parent().unwrap_or(path))?;
    fs::write(path, text)
        .map_err(|error| Failure::new(format!("could not write {}: {error}", path.display())))?;
    println!("{} written", path.display());
    Ok(())
}
