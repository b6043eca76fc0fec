//! `cargo xtask bench`: what selfup costs against the same program without it, and what its
//! handover is like beside those of others, each in the same run.

mod changeover;
mod footprint;
mod handover;
mod install;
mod machine;
mod options;
mod process;
mod request;
mod server;
mod start;
mod statistics;
mod throughput;

use crate::command::{self, Failure, Result};
use crate::workspace::Workspace;
pub(crate) use options::Options;
use std::path::PathBuf;

/// The two programs, built for release.
pub(crate) struct Programs {
    plain: PathBuf,
    supervised: PathBuf,
}

type Part = fn(&Programs, &Options) -> Result;

/// The parts, each measured by itself.
const PARTS: [(&str, Part); 6] = [
    ("start", start::run),
    ("changeover", changeover::run),
    ("handover", handover::run),
    ("footprint", footprint::run),
    ("throughput", throughput::run),
    ("install", install::run),
];

/// Runs the parts named, or all.
pub(crate) fn run(options: &Options) -> Result {
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
    let packages = ["-p", "selfup-bench-plain", "-p", "selfup-bench-supervised"];
    command::run(command::cargo(&["build", "--quiet", "--release"]).args(packages))?;
    let release = Workspace::load()?.target().join("release");
    Ok(Programs {
        plain: release.join("selfup-bench-plain"),
        supervised: release.join("selfup-bench-supervised"),
    })
}
