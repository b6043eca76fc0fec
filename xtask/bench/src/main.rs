//! `cargo xtask bench`: what selfup costs against the same program without it, and what its
//! handover is like beside those of others, each in the same run.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what it prints is for a person at a terminal")]

mod changeover;
mod draining;
mod executable;
mod footprint;
mod handover;
mod idle;
mod install;
mod machine;
mod options;
mod process;
mod request;
mod server;
mod signals;
mod start;
mod statistics;
mod throughput;

use options::Options;
use std::path::PathBuf;
use std::process::ExitCode;
use xtask_support::command::{self, Failure, Result};
use xtask_support::task;
use xtask_support::workspace::Workspace;

fn main() -> ExitCode {
    task::main(options::HELP, Options::parse, |options| run(&options))
}

/// The programs that are measured, built for release.
struct Programs {
    plain: PathBuf,
    supervised: PathBuf,
    signalled: PathBuf,
    handed: PathBuf,
}

type Part = fn(&Programs, &Options) -> Result;

/// The parts, each measured by itself.
const PARTS: [(&str, Part); 8] = [
    ("start", start::run),
    ("changeover", changeover::run),
    ("draining", draining::run),
    ("handover", handover::run),
    ("signals", signals::run),
    ("footprint", footprint::run),
    ("throughput", throughput::run),
    ("install", install::run),
];

/// Where it can matter on how many sockets a program listens, on so many.
const LISTENERS: [usize; 3] = [1, 8, 64];

/// Runs the parts named, or all.
fn run(options: &Options) -> Result {
    let names = &options.parts;
    if let Some(unknown) = names.iter().find(|name| !PARTS.iter().any(|(part, _)| part == name)) {
        let known = PARTS.map(|(part, _)| part).join(", ");
        return Err(Failure::new(format!("there is no benchmark `{unknown}`; there are {known}")));
    }
    let programs = build()?;
    println!("\n{}", machine::line()?);
    for (name, part) in PARTS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            println!("\n{name}");
            part(&programs, options)?;
        }
    }
    Ok(())
}

fn build() -> Result<Programs> {
    let packages =
        ["plain", "supervised", "signalled", "handed"].map(|it| format!("selfup-bench-{it}"));
    let arguments = packages.iter().flat_map(|package| ["-p", package]);
    command::run(command::cargo(&["build", "--quiet", "--release"]).args(arguments))?;
    let release = Workspace::load()?.target().join("release");
    let [plain, supervised, signalled, handed] = packages.map(|package| release.join(package));
    Ok(Programs { plain, supervised, signalled, handed })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_help_and_the_page_name_every_part() {
        let page =
            std::fs::read_to_string(xtask_support::workspace::root().join("docs/BENCHMARKS.md"));
        let page = page.unwrap();
        for (part, _) in super::PARTS {
            assert!(super::options::HELP.contains(part), "{part} is missing from the help");
            let (line, bullet) = (format!("\n{part}\n"), format!("\n- **{part}**: "));
            let is_told = page.contains(&line) && page.contains(&bullet);
            assert!(is_told || part == "handover", "{part} is missing from docs/BENCHMARKS.md");
        }
    }
}
