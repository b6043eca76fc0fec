//! `cargo xtask api`: the docs have no broken link, and the public interface of every published crate is
//! what docs/api says it is.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what it prints is for a person at a terminal")]

mod difference;
mod interface;
mod options;
mod rustdoc;
mod toolchain;

use options::Options;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use xtask_support::command::{Failure, Result};
use xtask_support::workspace::{self, Workspace};
use xtask_support::{style, task};

/// Where the snapshots are.
const FOLDER: &str = "docs/api";

fn main() -> ExitCode {
    task::main(options::HELP, Options::parse, run)
}

fn run(options: Options) -> Result {
    let workspace = Workspace::load()?;
    let is = interfaces(&workspace)?;
    let folder = workspace::root().join(FOLDER);
    if options.bless { bless(&is, &folder) } else { check(&is, &folder) }
}

/// The interface of every crate that may be published, by its file's name.
fn interfaces(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    let documentation = rustdoc::json(workspace.target())?;
    let crates = workspace.publishable().map(|package| {
        let json = documentation.join(format!("{}.json", package.name.replace('-', "_")));
        Ok((format!("{}.txt", package.name), interface::of(&json)?))
    });
    crates.collect()
}

fn bless(is: &BTreeMap<String, String>, folder: &Path) -> Result {
    let write = || {
        fs::create_dir_all(folder)?;
        for (name, text) in is {
            fs::write(folder.join(name), text)?;
        }
        for name in snapshots(folder)?.keys().filter(|name| !is.contains_key(*name)) {
            fs::remove_file(folder.join(name))?;
        }
        Ok(())
    };
    write().map_err(|error| failed(folder, &error))?;
    println!("{} snapshots written to {FOLDER}", is.len());
    Ok(())
}

fn check(is: &BTreeMap<String, String>, folder: &Path) -> Result {
    let was = snapshots(folder).map_err(|error| failed(folder, &error))?;
    let differences = difference::all(&was, is);
    for (name, lines) in &differences {
        println!("{}", style::heading(&format!("{FOLDER}/{name}")));
        for line in lines {
            println!(
                "{}",
                if line.starts_with('-') { style::bad(line) } else { style::good(line) }
            );
        }
    }
    if differences.is_empty() {
        println!("{} interfaces are as {FOLDER} says", is.len());
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} of {} interfaces are not what {FOLDER} says; if that is meant: cargo xtask api --bless",
        differences.len(),
        is.len()
    )))
}

/// What is there.
fn snapshots(folder: &Path) -> std::io::Result<BTreeMap<String, String>> {
    if !folder.exists() {
        return Ok(BTreeMap::new());
    }
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?;
        Ok((entry.file_name().to_string_lossy().into_owned(), text))
    };
    folder.read_dir()?.map(read).collect()
}

fn failed(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("the snapshots in {}: {error}", folder.display()))
}
